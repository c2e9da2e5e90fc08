"""What can be done with the rows that somebody ticks, or with everything that is found."""

from __future__ import annotations

from adminboard.core.listings import Listing
from adminboard.web.addresses import Parameters, address, query_string, without
from adminboard.web.list_place import ListPlace
from adminboard.web.list_view import HiddenView, LinkView, TicksView
from adminboard.web.visit import Visit


def make_ticks_view(visit: Visit, listing: Listing, place: ListPlace, state: Parameters) -> TicksView | None:
    """None for a list without, and for readers who may not do it. ``state`` says which list it is, not where
    one is in it."""
    ticked = listing.ticked
    if ticked is None or not visit.actor.may(visit.board.runner.actions.get(ticked.action).permission):
        return None
    here = place.address(state)
    url = f"/actions/{ticked.action}"
    found = query_string(without(place.asked(state), "sort", "limit", "columns"))
    every = None
    if ticked.matching is not None:
        asked = {ticked.matching: [found]} if found else {}
        every = LinkView(ticked.all_label, address(url, asked, return_to=here))
    return TicksView(url, ticked.field, ticked.label, (HiddenView("return_to", here),), every)

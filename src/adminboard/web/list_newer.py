"""Lists that say by themselves when there are newer rows than they show (`Listing.live`).

The first page asks every few seconds, while it is looked at (frontend/src/js/newer.js). The answer says how
many there are, and leads to the list with them; what the page shows does not move by itself while somebody
uses it.
"""

from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.listings import Listing
from adminboard.core.listings.paging import Count, Page, count_before
from adminboard.core.listings.query import ListQuery, read_query
from adminboard.web.access import list_page_read
from adminboard.web.addresses import Parameters, without
from adminboard.web.list_place import ListPlace, own_place
from adminboard.web.list_view import NewerView
from adminboard.web.visit import Visit

MOST_COUNTED = 99


def mount_list_newer(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET <path>/newer``: how many rows there are beyond the place ``cursor`` names."""

    @router.get(f"{listing.path}/newer", name=f"{listing.name}_newer")
    def count_newer(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        return answer_newer(visit, listing)


def answer_newer(visit: Visit, listing: Listing, place: ListPlace | None = None) -> Response:
    """How many newer rows there are, with the way to them; nothing where there are none."""
    place = place or own_place(listing)
    query = read_query(listing, place.asked(visit.parameters), visit.actor, visit.now)
    count = count_before(visit.session, listing, query, MOST_COUNTED)
    url = place.address(visit.parameters, cursor=None)
    return visit.render("ui/list_newer.html", newer=NewerView(_write(listing, count), url))


def make_newer_url(
    listing: Listing, place: ListPlace, state: Parameters, query: ListQuery, page: Page
) -> str | None:
    """Where the page asks; None for all but the first page in the order that the list begins with."""
    is_newest = query.cursor is None and query.sort_parameter == listing.sort
    if not listing.live or not is_newest:
        return None
    asked = without(state, "cursor")
    return place.part("newer", {**asked, "cursor": [page.first_place]} if page.first_place else asked)


def _write(listing: Listing, count: Count) -> str | None:
    if not count.value:
        return None
    noun = listing.noun.one if count.value == 1 else listing.noun.many
    return f"{count.value}{'' if count.exact else '+'} new {noun}"

"""The records that a list's filter offers while somebody types the name of one."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.listings import Listing, Option, Pick
from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.masking import sees_personal_data
from adminboard.web.access import list_page_read
from adminboard.web.visit import Visit

MAX_OPTIONS = 8


def mount_list_options(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET <path>/options?<filter>=<text>`` where the list has filters to pick records in."""
    picks = {filter_.name: filter_ for filter_ in listing.filters if isinstance(filter_, Pick)}
    if not picks:
        return

    @router.get(f"{listing.path}/options", name=f"{listing.name}_options")
    def list_options(visit: Annotated[Visit, list_page_read(listing.permission)]) -> Response:
        pick = next((picks[name] for name in visit.parameters if name in picks), None)
        term = (visit.parameter(pick.name) or "") if pick is not None else ""
        options = _find_options(visit, pick, term) if pick is not None and term else None
        return visit.render("ui/list_options.html", options=options)


def _find_options(visit: Visit, pick: Pick, term: str) -> Sequence[Option]:
    if len(term) > MAX_TERM_LENGTH or not term.isprintable():
        return ()
    masked = not sees_personal_data(visit.actor)
    return pick.get_records().find_options(visit.session, term, MAX_OPTIONS, masked=masked)

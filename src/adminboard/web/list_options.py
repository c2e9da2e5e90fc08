"""The records that a list's filter offers while somebody types the name of one."""

from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.errors import InvalidInput
from adminboard.core.listings import Listing, Option, Pick
from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.masking import sees_personal_data
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

MAX_OPTIONS = 8


def mount_list_options(router: APIRouter, listing: Listing) -> None:
    """Adds ``GET <path>/options?<filter>=<text>`` where the list has filters to pick records in."""
    picks = {filter_.name: filter_ for filter_ in listing.filters if isinstance(filter_, Pick)}
    if not picks:
        return

    @router.get(f"{listing.path}/options", name=f"{listing.name}_options")
    def list_options(visit: Annotated[Visit, page_read(listing.permission)]) -> Response:
        name = next((name for name in visit.parameters if name in picks), None)
        if name is None:
            names = " or ".join(picks)
            raise InvalidInput(f"Name what to find by one of the list's own filters: {names}.")
        return visit.render("ui/list_options.html", options=_find_options(visit, picks[name]))


def _find_options(visit: Visit, pick: Pick) -> list[Option]:
    term = (visit.parameter(pick.name) or "")[:MAX_TERM_LENGTH]
    if not term or not term.isprintable():
        return []
    masked = not sees_personal_data(visit.actor)
    return list(pick.get_records().find_options(visit.session, term, MAX_OPTIONS, masked=masked))

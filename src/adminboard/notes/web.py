"""The panel of notes beside a customer or a call."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.errors import InvalidInput
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.notes.models import NoteTarget
from adminboard.notes.queries import MOST_NOTES, SHOWN_NOTES, get_subject, list_notes
from adminboard.web.access import page_read
from adminboard.web.addresses import address, local_address, without
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/notes/panel")
def show_notes(visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]) -> Response:
    """The notes on one customer or one call, as a fragment, or as a page for those without JavaScript."""
    kind, reference = _read_subject(visit)
    subject = get_subject(visit.session, kind, reference)
    limit = MOST_NOTES if visit.parameter("all") else SHOWN_NOTES
    found = masked_for(visit.actor, list_notes(visit.session, kind, UUID(subject.id), limit))
    own_address = address(visit.request.url.path, without(visit.parameters, "done"))
    template = "notes/page.html" if visit.target is None else "notes/panel.html"
    return visit.render(
        template,
        notes=found.notes,
        total=found.total,
        subject=subject,
        actor=visit.actor,
        here=local_address(visit.parameter("return_to"), own_address),
        all_url=address(visit.request.url.path, visit.parameters, all="yes") if found.total > limit else None,
    )


def _read_subject(visit: Visit) -> tuple[NoteTarget, str]:
    """Raises `InvalidInput` unless the address names exactly one customer or call."""
    named = [(kind, visit.parameter(kind.value)) for kind in NoteTarget]
    given = [(kind, reference) for kind, reference in named if reference is not None]
    if len(given) != 1 or not given[0][1].isprintable():
        raise InvalidInput("Name a customer or a call: /notes/panel?customer=… or /notes/panel?call=…")
    return given[0]

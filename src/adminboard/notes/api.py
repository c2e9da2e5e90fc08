"""The notes on one customer or one call through the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from adminboard.core.permissions import Permission
from adminboard.notes.listing import notes
from adminboard.notes.models import NoteTarget
from adminboard.notes.queries import get_subject
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS, list_parameters, page_schema
from adminboard.web.list_api import answer_list
from adminboard.web.visit import Visit

router = APIRouter(tags=["Notes"])
_OWN_PARAMETERS = {"kind", "customer", "call"}
_DOCUMENTED: dict[str, Any] = {
    "responses": {200: page_schema(notes), **ERRORS},
    "openapi_extra": {
        "parameters": [item for item in list_parameters(notes) if item["name"] not in _OWN_PARAMETERS]
    },
}
Accept = Annotated[str, Header(include_in_schema=False)]


@router.get("/customers/{customer}/notes", summary="List the notes on a customer", **_DOCUMENTED)
def list_customer_notes(
    customer: str,
    visit: Annotated[Visit, api_read(Permission.CUSTOMERS_READ)],
    accept: Accept = "application/json",
) -> Response:
    """``customer`` is an id, a slug or a Stripe id."""
    return _answer(visit, NoteTarget.CUSTOMER, customer, accept)


@router.get("/calls/{call}/notes", summary="List the notes on a call", **_DOCUMENTED)
def list_call_notes(
    call: str,
    visit: Annotated[Visit, api_read(Permission.CUSTOMERS_READ)],
    accept: Accept = "application/json",
) -> Response:
    return _answer(visit, NoteTarget.CALL, call, accept)


def _answer(visit: Visit, kind: NoteTarget, reference: str, accept: str) -> Response:
    subject = get_subject(visit.session, kind, reference)
    asked = {name: values for name, values in visit.parameters.items() if name not in _OWN_PARAMETERS}
    return answer_list(visit, notes, {**asked, "kind": [kind.value], kind.value: [subject.id]}, accept)

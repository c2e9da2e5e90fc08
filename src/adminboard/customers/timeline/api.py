"""A customer's timeline for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse

from adminboard.core.canonical import to_plain
from adminboard.core.permissions import Permission
from adminboard.customers.lookup import get_customer
from adminboard.customers.timeline.entries import Kind
from adminboard.customers.timeline.question import DATES, read_question
from adminboard.customers.timeline.stream import PAGE_SIZE, load_timeline
from adminboard.web.access import api_read
from adminboard.web.api_docs import ERRORS
from adminboard.web.visit import Visit

router = APIRouter(tags=["Customers"])
_TEXT = {"type": "string"}
_MAYBE_TEXT = {"type": ["string", "null"]}
_ENTRY = {
    "at": {"type": "string", "format": "date-time"},
    "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
    "source": _TEXT,
    "id": {"type": "string", "format": "uuid"},
    "title": _TEXT,
    "url": {**_MAYBE_TEXT, "description": "The record's page on the board"},
    "status": {**_MAYBE_TEXT, "description": "The record's state as it is now"},
    "person": {**_MAYBE_TEXT, "description": "The e-mail address of whom it is about"},
    "by": {**_MAYBE_TEXT, "description": "Who did it"},
    "phone": _MAYBE_TEXT,
    "text": {**_MAYBE_TEXT, "description": "What was said or written; not for keys without `personal.read`"},
    "was": {**_MAYBE_TEXT, "description": "The state before, as it is told by a billing event"},
    "became": _MAYBE_TEXT,
    "amount_cents": {"type": ["integer", "null"]},
    "currency": _MAYBE_TEXT,
    "credits": {**_MAYBE_TEXT, "description": "Credits with their sign, like -2.50"},
    "duration_seconds": {"type": ["integer", "null"]},
    "until": {"type": ["string", "null"], "format": "date-time"},
}
_PAGE = {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "properties": _ENTRY}},
        "next_cursor": _MAYBE_TEXT,
    },
}


def _query(name: str, schema: object, description: str) -> dict[str, object]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


_PARAMETERS = [
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": PAGE_SIZE}, "Lines a page"),
    _query("cursor", _TEXT, "`next_cursor` of the page before"),
    _query("kind", {"type": "array", "items": _ENTRY["kind"]}, "Only these kinds"),
    _query("date", {"type": "string", "enum": [preset.value for preset in DATES.presets]}, "Only these days"),
    _query("date_from", {"type": "string", "format": "date"}, "From this day on"),
    _query("date_to", {"type": "string", "format": "date"}, "To this day, that included"),
]


@router.get(
    "/customers/{customer}/timeline",
    summary="What happened to a customer, of every kind, newest first",
    responses={
        200: {
            "description": "A page of the timeline",
            "content": {"application/json": {"schema": _PAGE}},
        },
        **ERRORS,
    },
    openapi_extra={"parameters": _PARAMETERS},
)
def list_timeline(
    customer: Annotated[str, Path(max_length=200)],
    visit: Annotated[Visit, api_read(Permission.CUSTOMERS_READ)],
) -> Response:
    """The calls of the members' businesses, invoices, billing events, overrides, credits of members, and what
    staff changed. The customer is named by id, slug or Stripe's id. What the key may not read is left out."""
    found = get_customer(visit.session, customer)
    asked = read_question(visit.parameters, visit.actor, visit.now)
    page = load_timeline(visit.session, found.id, asked.question)
    items = [to_plain(asdict(entry)) for entry in page.entries]
    return JSONResponse({"items": items, "next_cursor": page.next_cursor})

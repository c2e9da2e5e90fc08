"""``POST /webhooks/stripe``: an event is kept, and nothing else happens in the request."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from adminboard.web.access import signed_by_stripe
from adminboard.web.board import get_board
from adminboard.webhooks.delivery import read_delivery
from adminboard.webhooks.intake import Intake

incoming = APIRouter()
RECEIVED = b'{"received":true}'


@incoming.post("/webhooks/stripe", include_in_schema=False)
async def receive_event(request: Request, body: Annotated[bytes, signed_by_stripe()]) -> Response:
    """Answers 200 once the event is committed; one that is known already is answered the same."""
    await get_board(request).runtime.lasting(Intake).keep(read_delivery(body))
    return Response(RECEIVED, media_type="application/json")

"""``POST /v1/usage/deductions``: the product charges credits."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from adminboard.core.commands import parse_command
from adminboard.core.permissions import Permission
from adminboard.credits.usage import DeductUsage, deduct_usage
from adminboard.web.access import api_write
from adminboard.web.action_api import JsonBody
from adminboard.web.api_docs import CHANGE_ERRORS
from adminboard.web.visit import Visit

usage = APIRouter(tags=["Usage"])
_EXAMPLE = {
    "user": "jane@example.com",
    "amount": "0.30",
    "description": "Call of 3 minutes",
    "metadata": {"call_id": "0d4f6b1e-6d0c-4f7a-9d0b-1f2a3b4c5d6e"},
}


@usage.post(
    "/usage/deductions",
    status_code=201,
    summary="Charge a user's credits for usage",
    responses=CHANGE_ERRORS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": DeductUsage.model_json_schema() | {"example": _EXAMPLE}}
            },
        }
    },
)
def create_deduction(
    visit: Annotated[Visit, api_write(Permission.USAGE_WRITE)],
    body: JsonBody,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=255)],
) -> Response:
    """Usage that no credits cover becomes debt. Needs an Idempotency-Key, a new one for each charge."""
    command = parse_command(DeductUsage, body)
    with visit.board.runtime.work(visit.actor) as work:
        answer = deduct_usage(work, command, idempotency_key)
    return JSONResponse(answer, status_code=201)

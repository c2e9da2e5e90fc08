"""Deciding on a request through the API: one address for both answers."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from adminboard.approvals.actions import approve_request, reject_request
from adminboard.approvals.commands import Note
from adminboard.core.commands import Command, parse_command
from adminboard.core.permissions import Permission
from adminboard.web.access import api_write
from adminboard.web.action_api import JsonBody, Terms, answer_call
from adminboard.web.api_docs import CHANGE_ANSWERS
from adminboard.web.visit import Visit

router = APIRouter(tags=["Approvals"])


class Answer(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class Decision(Command):
    """The body of a decision; a rejection says why."""

    decision: Answer
    note: Note | None = None


_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["decision"],
    "additionalProperties": False,
    "properties": {
        "decision": {"type": "string", "enum": [answer.value for answer in Answer]},
        "note": {
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": 500,
            "description": "Why; needed to reject",
        },
    },
    "example": {"decision": "approve", "note": "Agreed with the customer"},
}


@router.post(
    "/approvals/{approval}/decision",
    summary="Approve or reject a request of somebody else",
    responses=CHANGE_ANSWERS,
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": _BODY}}}},
)
def decide(
    approval: UUID,
    visit: Annotated[Visit, api_write(Permission.APPROVALS_DECIDE)],
    body: JsonBody,
    terms: Annotated[Terms, Depends()],
) -> Response:
    """Approving makes the change at once, in the name of who asked; ``result.status`` is "void" where what
    the request rests on has changed, and then nothing was done."""
    decision = parse_command(Decision, body)
    action = approve_request if decision.decision is Answer.APPROVE else reject_request
    command = parse_command(action.command, {"approval": approval, "note": decision.note})
    return answer_call(visit, action, command, terms)

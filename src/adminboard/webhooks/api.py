"""Two of the billing operations of the API: the log of events, and replaying them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.actions import Action
from adminboard.core.canonical import to_plain
from adminboard.core.commands import (
    NO_REASON,
    STORABLE_PATTERN,
    TRIMMED_PATTERN,
    Command,
    Reason,
    parse_command,
)
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.web.access import api_read, api_write
from adminboard.web.action_api import JsonBody, Terms, answer_dry_run, outcome_to_json
from adminboard.web.api_docs import CHANGE_ERRORS, ERRORS
from adminboard.web.moments import MOMENT_PATTERN, read_moment
from adminboard.web.visit import Visit
from adminboard.webhooks.at_once import apply_at_once
from adminboard.webhooks.commands import MOST_BY_PROGRAMS, EventReference, ReplayEvent, ReplayFailed
from adminboard.webhooks.log_queries import LogFilter, list_log
from adminboard.webhooks.replay_event import replay_event
from adminboard.webhooks.replay_failed import replay_failed

router = APIRouter(tags=["Billing"])
MOST_SKIPPED = 10_000
Text = Annotated[str | None, Query(max_length=320, json_schema_extra={"pattern": STORABLE_PATTERN})]
Moment = Annotated[
    str | None,
    Query(
        max_length=40,
        description="A moment, like 2026-12-01T14:30Z",
        json_schema_extra={"pattern": MOMENT_PATTERN},
    ),
]


@dataclass(frozen=True, slots=True)
class Page:
    """Where in the log one is."""

    skip: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0
    limit: Annotated[int, Query(ge=1, le=200)] = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is wanted, as an address says it."""

    status: Annotated[ProcessingStatus | None, Query()] = None
    user_id: Text = None
    event_type: Text = None
    since: Moment = None
    until: Moment = None


_TRIMMED: JsonDict = {"pattern": TRIMMED_PATTERN}
NARROWING = ("status", "event_type", "user_id", "since", "limit")
"""What says which of the failed ones are meant."""
_ONE_OR_THE_FAILED: JsonDict = {
    "oneOf": [
        {
            "required": ["event_id"],
            "properties": {"event_id": {"type": "string"}, **dict.fromkeys(NARROWING, False)},
        },
        {
            "required": ["status"],
            "properties": {"status": {"const": "failed"}, "event_id": {"type": "null"}},
        },
    ]
}


class ReplayRequest(Command):
    """What to replay: one event by Stripe's id or the board's, or the failed ones that match."""

    model_config = ConfigDict(json_schema_extra=_ONE_OR_THE_FAILED)

    event_id: EventReference | None = None
    status: Annotated[str | None, Field(pattern="^failed$")] = None
    event_type: Annotated[str, Field(min_length=1, max_length=100, json_schema_extra=_TRIMMED)] | None = None
    user_id: Annotated[str, Field(min_length=3, max_length=320, json_schema_extra=_TRIMMED)] | None = None
    since: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_BY_PROGRAMS)] = MOST_BY_PROGRAMS
    reason: Reason = NO_REASON
    acknowledge: tuple[Annotated[str, Field(json_schema_extra={"pattern": STORABLE_PATTERN})], ...] = ()

    @model_validator(mode="after")
    def _names_one_or_the_failed(self) -> ReplayRequest:
        narrowed = self.model_fields_set.intersection(NARROWING)
        if self.event_id is not None and narrowed:
            raise ValueError("Name one event by event_id, or those of the status failed, not both.")
        if self.event_id is None and self.status is None:
            raise ValueError('Name an event by event_id, or say "status": "failed".')
        return self


@router.get("/billing/events", summary="Page through the log of billing events", responses=ERRORS)
def list_events(
    visit: Annotated[Visit, api_read(Permission.WEBHOOKS_READ)],
    wanted: Annotated[Wanted, Depends()],
    page: Annotated[Page, Depends()],
) -> Response:
    """Newest first, with an exact ``total``. ``user_id`` is an id or an e-mail address. To read all of the
    log, follow the cursors of ``GET /v1/admin/webhooks`` instead of skipping."""
    zone = ZoneInfo(visit.actor.time_zone)
    asked = {"since": wanted.since, "until": wanted.until}
    since, until = (read_moment(text, zone, name) if text else None for name, text in asked.items())
    log = LogFilter(wanted.status, wanted.user_id, wanted.event_type, since, until)
    events, total = list_log(visit.session, log, skip=page.skip, limit=page.limit)
    items = [to_plain(asdict(masked_for(visit.actor, event))) for event in events]
    return JSONResponse({"items": items, "total": total, "skip": page.skip, "limit": page.limit})


@router.post(
    "/billing/webhook/replay",
    summary="Apply billing events once more",
    responses=CHANGE_ERRORS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": ReplayRequest.model_json_schema()
                    | {"example": {"event_id": "evt_1Pgafmf2zdTX"}}
                }
            },
        }
    },
)
def replay(
    visit: Annotated[Visit, api_write(Permission.WEBHOOKS_REPLAY)],
    body: JsonBody,
    terms: Annotated[Terms, Depends()],
) -> Response:
    """Stripe is asked how each object stands now, so replaying what was processed has no second effect.
    Answers what became of each event within 20 seconds; ``received`` and ``processing`` ones follow."""
    action, command = _read_replay(body)
    if terms.dry_run:
        return answer_dry_run(visit, action, command)
    outcome = visit.board.runner.run(visit.actor, action, command, terms.confirm(accepts_all=True))
    events = apply_at_once(visit.board.runtime, outcome.result["events"])
    answer = outcome_to_json(outcome)
    answer["result"] = {"events": [to_plain(asdict(event)) for event in events]}
    return JSONResponse(answer)


def _read_replay(body: Mapping[str, Any]) -> tuple[Action[Any], ReplayEvent | ReplayFailed]:
    """What is asked, as the action that does it."""
    asked = parse_command(ReplayRequest, body)
    if asked.event_id is not None:
        return replay_event, ReplayEvent(event=asked.event_id, reason=asked.reason)
    return replay_failed, ReplayFailed(
        event_type=asked.event_type,
        user=asked.user_id,
        since=asked.since,
        limit=asked.limit,
        reason=asked.reason,
    )

"""What becomes of an event: applied, ignored, tried again later, given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, update

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.audit import Target
from adminboard.core.work import Work
from adminboard.db.base import Base
from adminboard.webhooks.kinds.kind import Told
from adminboard.webhooks.taking import Taken, set_rows

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 360, 720))
"""Before the second attempt, the third, and so on."""
MOST_ATTEMPTS = len(PAUSES) + 1
STRIPE_IS_AWAY = timedelta(minutes=1)
MAX_ERROR_LENGTH = 500
EVENT_TARGET, APPLIED = "billing_event", "webhooks.apply"
"""What the audit entry of an applied event is about, and is called."""
_EVENTS = Base.metadata.tables[str(BillingEvent.__table__)]
_FACTS = tuple(each.name for each in fields(Told) if each.name not in ("summary", "before", "after"))
"""What the event's own row keeps of what was told; the rest is the audit entry's."""
_WAS_APPLIED = _EVENTS.c.processed_at.is_not(None)
_DONE: dict[str, Any] = {"next_attempt_at": None, "last_error": None, "fetch_anew": False}


def _fact(name: str) -> ColumnElement[Any]:
    """What a column says from now on. Of an event that was applied before it stays: that is what happened
    when the event was received, and a replay tells how the object is by then."""
    told = bindparam(f"told_{name}", type_=_EVENTS.c[name].type)
    return case((_WAS_APPLIED, _EVENTS.c[name]), else_=func.coalesce(told, _EVENTS.c[name]))


_NOTE_APPLIED = (
    update(_EVENTS)
    .where(_EVENTS.c.id == bindparam("row_id"))
    .values(
        {name: _fact(name) for name in _FACTS}
        | _DONE
        | {
            "processing_status": ProcessingStatus.PROCESSED,
            "attempts": _EVENTS.c.attempts + 1,
            "processed_at": bindparam("now"),
            "updated_at": bindparam("now"),
        }
    )
)


def target_of(event_id: object, event_type: str, organization_id: Any = None) -> Target:
    """A billing event as the subject of an audit entry."""
    return Target(EVENT_TARGET, str(event_id), event_type, organization_id)


def audit_applied(work: Work, taken: Taken, told: Told) -> None:
    """The entry of an event, in the work, or the part of it, that changed the rows it is about."""
    target = target_of(taken.id, taken.event_type, told.organization_id)
    work.audit(APPLIED, target, told.summary, before=told.before, after=told.after)


def note_applied(work: Work, applied: Sequence[tuple[Taken, Told]]) -> None:
    """In the same work: what the rows of the events say from now on. Those that were applied before go on
    saying what they said, but for when that was last."""
    if not applied:
        return
    rows = [
        {f"told_{name}": getattr(told, name) for name in _FACTS} | {"row_id": taken.id, "now": work.now()}
        for taken, told in applied
    ]
    work.session.connection().execute(_NOTE_APPLIED, rows)


def note_ignored(work: Work, events: Sequence[Taken]) -> None:
    """Of types that change nothing here."""
    set_rows(
        work,
        events,
        **_DONE,
        processing_status=ProcessingStatus.IGNORED,
        attempts=BillingEvent.attempts + 1,
        processed_at=work.now(),
    )


def note_failure(work: Work, taken: Taken, sentence: str) -> None:
    """It is tried again after a pause, or given up: then it stays failed until somebody replays it."""
    attempts = taken.attempts + 1
    is_given_up = attempts >= MOST_ATTEMPTS
    set_rows(
        work,
        [taken],
        processing_status=ProcessingStatus.FAILED,
        attempts=attempts,
        last_error=sentence[:MAX_ERROR_LENGTH],
        next_attempt_at=None if is_given_up else work.now() + PAUSES[attempts - 1],
    )
    if is_given_up:
        summary = f"{taken.event_type} failed {attempts} times: {sentence}"
        work.audit("webhooks.fail", target_of(taken.id, taken.event_type), summary, after={"error": sentence})
    else:
        work.keep_events()


def note_postponed(work: Work, events: Sequence[Taken], sentence: str, pause: timedelta) -> None:
    """Nothing is wrong with the events: Stripe cannot be asked about them now. Counts as no attempt."""
    for is_first in (True, False):
        these = [taken for taken in events if (taken.attempts == 0) is is_first]
        status = ProcessingStatus.RECEIVED if is_first else ProcessingStatus.FAILED
        set_rows(
            work,
            these,
            processing_status=status,
            last_error=sentence[:MAX_ERROR_LENGTH],
            next_attempt_at=work.now() + pause,
        )
    work.keep_events()

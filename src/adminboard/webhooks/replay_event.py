"""Replaying one event: with a preview of what it would change by what Stripe says now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.runtime import Runtime
from adminboard.webhooks.changed_fields import ChangedField
from adminboard.webhooks.commands import ReplayEvent
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.newest_state import find_moment_of_replay
from adminboard.webhooks.outcomes import target_of
from adminboard.webhooks.replaying import A_MINUTE, ASKS_STRIPE, get_replayable, lock_event, put_back
from adminboard.webhooks.trying import Tried, read_event, try_event

PROCESSED_ALREADY = Caution(
    "processed_already", "It was processed already: it changes only what is not as Stripe has it."
)


def lock(work: Work, command: ReplayEvent) -> None:
    lock_event(work, command.event)


def fetch_outcome(runtime: Runtime, command: ReplayEvent) -> ReplayEvent:
    """With what would change. Raises `EventUnknown`, `NothingToReplay`, `BeingApplied`."""
    with runtime.reading() as session:
        event = get_replayable(session, command.event)
    return command.model_copy(update={"tried": try_event(runtime, event.id)})


def preview(session: Session, command: ReplayEvent) -> Preview:
    """Raises `EventUnknown`, `NothingToReplay`, `BeingApplied`."""
    event, tried = get_replayable(session, command.event), command.tried
    shown = _find_shown(session, event.id) if tried is not None and tried.shown_at is not None else {}
    return Preview(
        target_of(event.id, event.event_type, event.organization_id),
        (
            Change("Status", event.processing_status.value, ProcessingStatus.RECEIVED.value),
            Change("Attempts", event.attempts, 0, cell="number"),
        ),
        warnings=(ASKS_STRIPE, *_warn(event.processing_status, tried)),
        facts={"event": str(event.id), **shown},
        details=tuple(_say_tried(tried)) if tried is not None else (),
    )


def _find_shown(session: Session, event_id: UUID) -> Mapping[str, Any]:
    """As of when the object's row is: what would change holds as long as it is not brought further."""
    event = read_event(session, event_id)
    return {"The object's row": find_moment_of_replay(session, KINDS[event.type], event)}


def _warn(status: ProcessingStatus, tried: Tried | None) -> Iterator[Caution]:
    if tried is None:
        yield from (PROCESSED_ALREADY,) if status is ProcessingStatus.PROCESSED else ()
        return
    if tried.failure:
        again = " again" if status is ProcessingStatus.FAILED else ""
        yield Caution("would_fail", f"As things stand it would fail{again}: {tried.failure}")
    if tried.unknown:
        yield Caution("not_tried", f"What it would change cannot be shown now: {tried.unknown}")
    if tried.is_in_step:
        yield Caution("in_step", "What the board shows of it is what Stripe has: no field would change.")


def _say_tried(tried: Tried) -> Iterator[Detail]:
    if tried.summary:
        yield Detail("It says", tried.summary)
    for field in tried.fields:
        yield Detail(field.title, _say_sides(field))
    for sentence in tried.following:
        yield Detail("Then", sentence)


def _say_sides(field: ChangedField) -> str:
    if field.after is None:
        return "changes"
    return field.after if field.before is None else f"{field.before} becomes {field.after}"


def apply(work: Work, command: ReplayEvent) -> Applied:
    """Puts the event back; a worker applies it in a moment."""
    event = get_replayable(work.session, command.event)
    put_back(work, [event.id])
    result = {"events": [event.id]}
    return Applied(result, f"Put {event.event_type} back: it is applied in a moment.")


def find_event_named(session: Session, given: Mapping[str, str]) -> Target | None:
    """Which event the form is about, when the link that opened it names one that can be replayed."""
    try:
        event = get_replayable(session, given.get("event", ""))
    except DomainError:
        return None
    return target_of(event.id, event.event_type, event.organization_id)


replay_event = Action(
    name="webhooks.replay",
    title="Replay",
    command=ReplayEvent,
    preview=preview,
    apply=apply,
    lock=lock,
    fetch=fetch_outcome,
    fetches_to_show=True,
    permission=Permission.WEBHOOKS_REPLAY,
    limit=A_MINUTE,
    subject=find_event_named,
    subject_field="event",
)

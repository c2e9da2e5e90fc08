"""Replaying one event: with a preview of what it would change by what Stripe says now."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError
from adminboard.core.masking import sees_personal_data
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, reader
from adminboard.runtime import Runtime
from adminboard.webhooks.commands import ReplayEvent
from adminboard.webhooks.outcomes import target_of
from adminboard.webhooks.replaying import A_MINUTE, ASKS_STRIPE, get_replayable, lock_event, put_back
from adminboard.webhooks.trying import ChangedField, Tried, try_event

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
    event = get_replayable(session, command.event)
    is_processed = event.processing_status is ProcessingStatus.PROCESSED
    return Preview(
        target_of(event.id, event.event_type, event.organization_id),
        (
            Change("Status", event.processing_status.value, ProcessingStatus.RECEIVED.value),
            Change("Attempts", event.attempts, 0, cell="number"),
        ),
        warnings=(
            ASKS_STRIPE,
            *((PROCESSED_ALREADY,) if is_processed else ()),
            *(_warn_of(command.tried) if command.tried else ()),
        ),
        facts={"event": str(event.id)},
        details=_say_tried(session, command.tried) if command.tried else (),
    )


def _warn_of(tried: Tried) -> tuple[Caution, ...]:
    if tried.failure:
        return (Caution("would_fail", f"As things stand it would fail again: {tried.failure}"),)
    if tried.unknown:
        return (Caution("not_tried", f"What it would change cannot be shown now: {tried.unknown}"),)
    if tried.changes_nothing:
        return (Caution("nothing_to_change", "Everything shows what Stripe has: it would change nothing."),)
    return ()


def _say_tried(session: Session, tried: Tried) -> tuple[Detail, ...]:
    """Each field that would change, and what else follows. Who may see no personal data is told which only,
    as in the log."""
    is_shown = sees_personal_data(reader(session))
    fields = [
        Detail(_say_name(field), _say_sides(field) if is_shown else "changes") for field in tried.fields
    ]
    following = [Detail("Then", sentence) for sentence in tried.following] if is_shown else []
    return (*fields, *following)


def _say_name(field: ChangedField) -> str:
    return field.name.replace("_", " ").capitalize()


def _say_sides(field: ChangedField) -> str:
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
    permission=Permission.WEBHOOKS_REPLAY,
    limit=A_MINUTE,
    subject=find_event_named,
    subject_field="event",
)

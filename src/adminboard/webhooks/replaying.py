"""Putting events back into the queue, to be applied with what Stripe says of their objects then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.actions import Caution
from adminboard.core.errors import DomainError, NothingToDo
from adminboard.core.limits import PerMinute
from adminboard.core.listings.columns import is_any
from adminboard.core.listings.found import select_found
from adminboard.core.queue import queue_once
from adminboard.core.work import Work, moment
from adminboard.users.lookup import get_user
from adminboard.webhooks.commands import EventReference, ReplayFailed
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.listing import events
from adminboard.webhooks.outcomes import target_of
from adminboard.webhooks.queries import EventUnknown
from adminboard.webhooks.waking import APPLY_EVENTS, PRIORITY

Replayable = Row[UUID, str, str, UUID | None, ProcessingStatus, int]
A_MINUTE = PerMinute("replays", 10)
ASKS_STRIPE = Caution(
    "asks_stripe", "Stripe is asked how the object stands now; what it says then is what is applied."
)
HAS_PAYLOAD = BillingEvent.raw_payload.is_not(None).label("has_payload")
"""False for what was done by hand."""


class NothingToReplay(NothingToDo):
    """What was named cannot be applied once more, or there is none of it."""

    title = "There is nothing to replay"


class BeingApplied(DomainError):
    """A worker has the event at this moment."""

    title = "A worker has this event"


def get_replayable(session: Session, reference: EventReference) -> Replayable:
    """The event by either of its ids. Raises `EventUnknown`, `NothingToReplay`, `BeingApplied`."""
    found = session.execute(
        _replayable().add_columns(HAS_PAYLOAD, BillingEvent.next_attempt_at).where(_is_called(reference))
    ).one_or_none()
    if found is None:
        raise EventUnknown(f"There is no billing event {reference}.")
    if not found.has_payload:
        raise NothingToReplay("Stripe sent nothing with this event, so there is nothing to apply.")
    if found.event_type not in KINDS:
        raise NothingToReplay(f"Events of the type {found.event_type} change nothing here.")
    is_held = found.processing_status is ProcessingStatus.PROCESSING
    if is_held and found.next_attempt_at and found.next_attempt_at > moment(session):
        raise BeingApplied("A worker is applying this event just now. Look at it again in a moment.")
    return found


def lock_event(work: Work, reference: EventReference) -> None:
    """The event's own row, which a worker that takes it locks too."""
    work.session.execute(select(BillingEvent.id).where(_is_called(reference)).with_for_update())


def failed_events(session: Session, command: ReplayFailed) -> Select[UUID]:
    """The ids of the failed events that the command names, those that came first first.

    Raises `UserUnknown`, `BadQuery`.
    """
    wanted = [
        BillingEvent.processing_status == ProcessingStatus.FAILED,
        BillingEvent.event_type.in_(KINDS),
        HAS_PAYLOAD,
    ]
    if command.event_types:
        wanted.append(is_any(BillingEvent.event_type, command.event_types))
    if command.user is not None:
        payer = get_user(session, command.user).organization_id
        wanted.append(BillingEvent.organization_id == payer)
    if command.customers:
        wanted.append(is_any(BillingEvent.organization_id, command.customers))
    if command.matching:
        wanted.append(BillingEvent.id.in_(select_found(session, events, command.matching)))
    if command.since is not None:
        wanted.append(BillingEvent.received_at >= command.since)
    if command.until is not None:
        wanted.append(BillingEvent.received_at < command.until)
    oldest = select(BillingEvent.id).where(*wanted).order_by(BillingEvent.received_at, BillingEvent.id)
    return oldest.limit(command.limit)


def count_failed(session: Session, command: ReplayFailed) -> Mapping[str, int]:
    """How many events of each type the command names, the most first. Raises `UserUnknown`."""
    chosen = failed_events(session, command).add_columns(BillingEvent.event_type).subquery()
    count = func.count().label("number")
    rows = session.execute(
        select(chosen.c.event_type, count)
        .group_by(chosen.c.event_type)
        .order_by(count.desc(), chosen.c.event_type)
    )
    return {row.event_type: row.number for row in rows}


def put_back_failed(work: Work, ids: Sequence[UUID], reason: str) -> list[UUID]:
    """Puts back those that are failed still, with an entry each; returns them. Whichever a worker has by now
    is left to it.
    """
    failed = _replayable().where(
        BillingEvent.id.in_(ids), BillingEvent.processing_status == ProcessingStatus.FAILED
    )
    locked = work.session.execute(failed.order_by(BillingEvent.id).with_for_update(skip_locked=True)).all()
    put_back(work, [row.id for row in locked])
    for row in locked:
        target = target_of(row.id, row.event_type, row.organization_id)
        work.audit("webhooks.replay", target, f"Put {row.event_type} back to be applied", reason=reason)
    return [row.id for row in locked]


def put_back(work: Work, ids: Sequence[UUID]) -> None:
    """Has a worker apply these, with all attempts before it, as soon as the work is committed.

    ``processed_at`` stays with those that were applied before, so that what they say holds
    (`outcomes.note_applied`). One that was ignored has told nothing yet. The error of the attempts before
    goes with them: the entries in the log keep it.
    """
    if not ids:
        return
    rows = update(BillingEvent).where(BillingEvent.id.in_(ids))
    again = rows.values(
        processing_status=ProcessingStatus.RECEIVED,
        attempts=0,
        last_error=None,
        processed_at=case(
            (BillingEvent.processing_status == ProcessingStatus.IGNORED, None),
            else_=BillingEvent.processed_at,
        ),
        fetch_anew=True,
        next_attempt_at=work.now(),
        updated_at=work.now(),
    )
    work.session.execute(again.execution_options(synchronize_session=False))
    queue_once(work, APPLY_EVENTS, priority=PRIORITY)


def _replayable() -> Select[UUID, str, str, UUID | None, ProcessingStatus, int]:
    return select(
        BillingEvent.id,
        BillingEvent.stripe_event_id,
        BillingEvent.event_type,
        BillingEvent.organization_id,
        BillingEvent.processing_status,
        BillingEvent.attempts,
    )


def _is_called(reference: EventReference) -> ColumnElement[bool]:
    try:
        return or_(BillingEvent.id == UUID(reference), BillingEvent.stripe_event_id == reference)
    except ValueError:
        return and_(BillingEvent.stripe_event_id == reference)

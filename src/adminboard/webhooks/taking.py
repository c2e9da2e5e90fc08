"""The row is the queue: which events are due, and whose they are while they are applied (docs/adr/0012)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, bindparam, case, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.work import Work
from adminboard.stripe.objects import Event
from adminboard.stripe.version import PINNED_VERSION

LEASE = timedelta(minutes=10)
"""How long an event belongs to the worker that asks Stripe about it. One that died leaves it to the next."""
_OPEN = text("billing_events.processing_status IN ('received', 'processing', 'failed')")
"""Spelled with constants: so the planner sees that `ix_billing_events_due` holds them all."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that a worker has, and where its row stands. ``payload`` is None where it was not asked for;
    ``lease`` is the claim of who has it beyond this transaction."""

    id: UUID
    event_type: str
    customer_id: str | None
    attempts: int
    fetch_anew: bool
    payload: Mapping[str, Any] | None
    lease: datetime | None = None

    @property
    def event(self) -> Event:
        """As it was sent; intake has seen that these parts are there."""
        assert self.payload is not None
        changed = self.payload["data"]["object"]
        return Event(
            id=self.payload["id"],
            type=self.event_type,
            created_at=datetime.fromtimestamp(self.payload["created"], UTC),
            object_id=changed.get("id"),
            object_kind=changed.get("object"),
            payload=dict(self.payload),
        )

    @property
    def must_fetch(self) -> bool:
        """Whether what was sent does not do: it is a replay, or was made for another version of the API."""
        return self.fetch_anew or (self.payload or {}).get("api_version") != PINNED_VERSION


def take_due(work: Work, known: Collection[str], limit: int) -> list[Taken]:
    """The events that have been due for longest, locked until the work ends; those that other workers have
    are passed over. Only those of ``known`` types come with their payload.
    """
    is_known = BillingEvent.event_type == any_(bindparam("known", list(known), ARRAY(TEXT)))
    due = _select(case((is_known, BillingEvent.raw_payload))).where(_is_due(work.now()))
    oldest = due.order_by(BillingEvent.next_attempt_at, BillingEvent.id).limit(limit)
    return [Taken(*row) for row in work.session.execute(oldest.with_for_update(skip_locked=True))]


def take_named(work: Work, event_id: UUID) -> Taken | None:
    """The one event, where it is due and nobody else has it."""
    due = _select(BillingEvent.raw_payload).where(_is_due(work.now()), BillingEvent.id == event_id)
    row = work.session.execute(due.with_for_update(skip_locked=True)).one_or_none()
    return None if row is None else Taken(*row)


def claim(work: Work, events: Sequence[Taken]) -> datetime:
    """Keeps these events for this worker beyond its transaction; returns the lease that shows it."""
    lease = work.now() + LEASE
    set_rows(work, events, processing_status=ProcessingStatus.PROCESSING, next_attempt_at=lease)
    return lease


def holds_claim(work: Work, taken: Taken) -> bool:
    """Locks the row; False where the lease has lapsed meanwhile and another worker has the event."""
    mine = select(BillingEvent.id).where(
        BillingEvent.id == taken.id,
        BillingEvent.processing_status == ProcessingStatus.PROCESSING,
        BillingEvent.next_attempt_at == taken.lease,
    )
    return work.session.scalar(mine.with_for_update()) is not None


def set_rows(work: Work, events: Sequence[Taken], **values: Any) -> None:
    """Writes the same into all of their rows."""
    if not events:
        return
    rows = update(BillingEvent).where(BillingEvent.id.in_([taken.id for taken in events]))
    stamped = rows.values(updated_at=work.now(), **values)
    work.session.execute(stamped.execution_options(synchronize_session=False))


def _select(payload: ColumnElement[Any] | Any) -> Select[Any]:
    return select(
        BillingEvent.id,
        BillingEvent.event_type,
        BillingEvent.stripe_customer_id,
        BillingEvent.attempts,
        BillingEvent.fetch_anew,
        payload,
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(_OPEN, BillingEvent.next_attempt_at <= literal(now))

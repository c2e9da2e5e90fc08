"""Billing events: one whole, what was sent with it, and the objects of Stripe it is about."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.errors import NotFound
from adminboard.core.json_text import read_json, write_json
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.core.work import reader
from adminboard.customers.models import Organization
from adminboard.webhooks.changed_fields import ChangedField, list_changed_fields
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.outcomes import APPLIED, EVENT_TARGET

_HIDDEN = {"mask": Mask.HIDDEN}


class EventUnknown(NotFound):
    """No billing event has this id or Stripe id."""

    title = "No such event"


class NoPayload(NotFound):
    """Nothing was sent with this event: staff made it."""

    title = "Nothing was sent with this event"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One billing event. Amounts are minor units of ``currency``; ``quantity`` counts seats.

    Notes may quote anybody, so masked readers do not get them.
    """

    id: UUID
    stripe_event_id: str | None
    event_type: str
    source: BillingEventSource
    organization_id: UUID | None
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    stripe_invoice_id: str | None
    stripe_charge_id: str | None
    stripe_refund_id: str | None
    amount_cents: int | None
    currency: str | None
    previous_status: str | None
    status: str | None
    previous_quantity: int | None
    quantity: int | None
    notes: str | None = field(metadata=_HIDDEN)
    processing_status: ProcessingStatus
    attempts: int
    last_error: str | None
    received_at: datetime
    processed_at: datetime | None
    next_attempt_at: datetime | None


LOGGED = tuple(getattr(BillingEvent, column.name) for column in fields(LoggedEvent))
"""The columns of a `LoggedEvent`, in its order."""


@dataclass(frozen=True, slots=True)
class LastApplied:
    """What applying an event changed when that was done last, as its entry in the log has it.

    ``changes`` are empty where the board showed it already, or something newer."""

    entry_id: UUID
    at: datetime
    summary: str | None
    changes: tuple[ChangedField, ...]


@dataclass(frozen=True, slots=True)
class EventDetail(LoggedEvent):
    """One whole: with whose it is and what was sent, which masked readers do not get either, and what it
    changed, which they get neither, nor who may not read the history of a record."""

    organization_name: str | None
    raw_payload: Any = field(metadata=_HIDDEN)
    last_applied: LastApplied | None = field(metadata=_HIDDEN)

    @property
    def can_be_replayed(self) -> bool:
        """Whether it is one of Stripe's that changes something here; a worker may have it just now."""
        return self.stripe_event_id is not None and self.event_type in KINDS

    @property
    def is_about_to_be_applied(self) -> bool:
        """Whether it came, or was put back, a moment ago: no attempt was made yet."""
        waits = self.processing_status in (ProcessingStatus.RECEIVED, ProcessingStatus.PROCESSING)
        return waits and self.attempts == 0

    @property
    def payload_text(self) -> str | None:
        """The payload as lines of JSON; None when nothing was sent, or when it is not shown."""
        return None if self.raw_payload is None else write_json(self.raw_payload)


def get_event_detail(session: Session, event_id: UUID) -> EventDetail:
    """Two queries, or one for who may not read history. Raises `EventUnknown`."""
    row = session.execute(
        select(
            *LOGGED,
            Organization.name.label("organization_name"),
            cast(BillingEvent.raw_payload, Text).label("raw_payload"),
        )
        .outerjoin(Organization, Organization.id == BillingEvent.organization_id)
        .where(BillingEvent.id == event_id)
    ).one_or_none()
    if row is None:
        raise EventUnknown(f"There is no billing event {event_id}.")
    payload = read_json(row.raw_payload) if row.raw_payload is not None else None
    sees_history = reader(session).may(Permission.HISTORY_READ)
    last_applied = _find_last_applied(session, event_id) if sees_history else None
    return EventDetail(**{**row._mapping, "raw_payload": payload, "last_applied": last_applied})


def _find_last_applied(session: Session, event_id: UUID) -> LastApplied | None:
    entry = session.execute(
        select(AuditEntry.id, AuditEntry.at, AuditEntry.summary, AuditEntry.before, AuditEntry.after)
        .where(
            AuditEntry.target_kind == EVENT_TARGET,
            AuditEntry.target_id == str(event_id),
            AuditEntry.action == APPLIED,
        )
        .order_by(AuditEntry.position.desc())
        .limit(1)
    ).one_or_none()
    if entry is None:
        return None
    changes = list_changed_fields(entry.before or {}, entry.after or {})
    return LastApplied(entry.id, entry.at, entry.summary, tuple(changes))


def find_event_id(session: Session, name: str) -> UUID:
    """The id of the event with this Stripe id. Raises `EventUnknown`."""
    found = session.scalar(select(BillingEvent.id).where(BillingEvent.stripe_event_id == name))
    if found is None:
        raise EventUnknown(f"There is no billing event {name}.")
    return found

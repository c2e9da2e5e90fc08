"""The log of billing events as programs page through it: by place, with an exact total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.core.masking import Mask
from adminboard.users.lookup import get_user


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which events are wanted; what is None holds nothing back. ``user`` is an id or an e-mail address: the
    events are those of the customer that pays for them."""

    status: ProcessingStatus | None = None
    user: str | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event of the log. Amounts are minor units of ``currency``; ``quantity`` counts seats."""

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
    notes: str | None = field(metadata={"mask": Mask.HIDDEN})
    processing_status: ProcessingStatus
    attempts: int
    last_error: str | None
    received_at: datetime
    processed_at: datetime | None
    next_attempt_at: datetime | None


_COLUMNS = [getattr(BillingEvent, name) for name in LoggedEvent.__dataclass_fields__]


def list_log(
    session: Session, wanted: LogFilter, *, skip: int, limit: int
) -> tuple[Sequence[LoggedEvent], int]:
    """The newest events first from the place ``skip`` on, and how many there are. Raises `UserUnknown`."""
    conditions = []
    if wanted.status is not None:
        conditions.append(BillingEvent.processing_status == wanted.status)
    if wanted.user is not None:
        conditions.append(BillingEvent.organization_id == get_user(session, wanted.user).organization_id)
    if wanted.event_type is not None:
        conditions.append(BillingEvent.event_type == wanted.event_type)
    if wanted.since is not None:
        conditions.append(BillingEvent.received_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(BillingEvent.received_at < wanted.until)
    newest = select(*_COLUMNS).where(*conditions)
    newest = newest.order_by(BillingEvent.received_at.desc(), BillingEvent.id.desc())
    rows = session.execute(newest.offset(skip).limit(limit))
    total = session.scalar(select(func.count()).select_from(BillingEvent).where(*conditions))
    return [LoggedEvent(*row) for row in rows], total or 0

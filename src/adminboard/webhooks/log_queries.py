"""The log of billing events as programs page through it: by place, with an exact total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.users.lookup import get_user
from adminboard.webhooks.queries import LOGGED, LoggedEvent


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which events are wanted; what is None holds nothing back. ``user`` is an id or an e-mail address: the
    events are those of the customer that pays for them."""

    status: ProcessingStatus | None = None
    user: str | None = None
    event_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


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
    newest = select(*LOGGED).where(*conditions)
    newest = newest.order_by(BillingEvent.received_at.desc(), BillingEvent.id.desc())
    rows = session.execute(newest.offset(skip).limit(limit))
    total = session.scalar(select(func.count()).select_from(BillingEvent).where(*conditions))
    return [LoggedEvent(*row) for row in rows], total or 0

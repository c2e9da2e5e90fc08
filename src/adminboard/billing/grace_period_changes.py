"""The row of a grace period, as staff change it. Whoever writes here holds the customer locked."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_period_detail import GracePeriodUnknown
from adminboard.billing.grace_writing import lapse_period
from adminboard.billing.happenings import note_event
from adminboard.billing.mirror.customers_of_ours import lock_organization
from adminboard.billing.models import IS_LIVE, Subscription, SubscriptionStatus
from adminboard.core.actions import Applied, Undo
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError
from adminboard.core.work import Work, moment
from adminboard.customers.models import Organization

OPEN = GracePeriodStatus.OPEN


class GracePeriodOver(DomainError):
    """Only an open grace period can be closed, and only one that would still be open be given back."""

    title = "The grace period is over"


def lock_period(work: Work, grace_period_id: UUID) -> None:
    """Locks its customer, so that payments and staff do not move one period at once. Raises
    `GracePeriodUnknown`."""
    lock_organization(work, get_period(work.session, grace_period_id).organization_id)


def get_period(session: Session, grace_period_id: UUID) -> GracePeriod:
    """As it now is. Raises `GracePeriodUnknown`."""
    row = session.get(GracePeriod, grace_period_id, populate_existing=True)
    if row is None:
        raise GracePeriodUnknown(f"There is no grace period {grace_period_id}.")
    return row


def get_open_period(session: Session, grace_period_id: UUID) -> GracePeriod:
    """Raises `GracePeriodUnknown`, `GracePeriodOver`."""
    row = get_period(session, grace_period_id)
    if row.status is not OPEN or row.ends_at <= moment(session):
        raise GracePeriodOver("This grace period is over. Set it to give the customer time again.")
    return row


def find_open_period(session: Session, organization_id: UUID) -> GracePeriod | None:
    """The one that still gives access; its end counts at once."""
    theirs = select(GracePeriod).where(
        GracePeriod.organization_id == organization_id,
        GracePeriod.status == OPEN,
        GracePeriod.ends_at > moment(session),
    )
    return session.scalars(theirs.execution_options(populate_existing=True)).one_or_none()


def lapse_over(work: Work, organization_id: UUID, *, but: GracePeriod | None = None) -> None:
    """Marks the customer's open period as over where its end has come and its job has not done so yet: only
    one of a customer can be open. ``but`` is one that is about to get another end."""
    over = select(GracePeriod).where(
        GracePeriod.organization_id == organization_id,
        true() if but is None else GracePeriod.id != but.id,
        GracePeriod.status == OPEN,
        GracePeriod.ends_at <= work.now(),
    )
    for row in work.session.scalars(over):
        lapse_period(work, row)


def open_period(work: Work, organization_id: UUID, ends_at: datetime, reason: str) -> GracePeriod:
    """One that begins now. An open one whose end has come, but which its job has not marked, lapses first."""
    lapse_over(work, organization_id)
    row = GracePeriod(
        organization_id=organization_id,
        starts_at=work.now(),
        ends_at=ends_at,
        reason=reason,
        is_set_by_hand=True,
        created_at=work.now(),
    )
    work.session.add(row)
    work.session.flush()
    return row


def set_period(work: Work, row: GracePeriod, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = work.now()
    work.session.flush()


def days_left(session: Session, row: GracePeriod | None) -> int:
    """Days begun count whole, so that what a preview shows holds while somebody reads it."""
    return ceil((row.ends_at - moment(session)) / timedelta(days=1)) if row is not None else 0


def find_subscription_status(session: Session, organization_id: UUID) -> SubscriptionStatus | None:
    """Of the live subscription."""
    live = select(Subscription.status).where(Subscription.organization_id == organization_id, IS_LIVE)
    return session.scalar(live)


def customer_of(session: Session, organization_id: UUID) -> Target:
    """The customer, as the subject of an audit entry."""
    customer = session.get_one(Organization, organization_id)
    return Target("customer", str(customer.id), customer.name, customer.id)


def write_change(
    work: Work, action: str, row: GracePeriod, notes: str, previous: GracePeriodStatus | None
) -> None:
    """The billing event of what staff did."""
    customer = work.session.get_one(Organization, row.organization_id)
    note_event(
        work,
        action,
        organization_id=row.organization_id,
        notes=notes,
        stripe_customer_id=customer.stripe_customer_id,
        previous_status=previous,
        status=row.status,
    )


def describe(row: GracePeriod, summary: str, undo: Undo) -> Applied:
    """What a change answers."""
    result = {
        "grace_period_id": row.id,
        "organization_id": row.organization_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "status": row.status,
    }
    record = {"grace_period_id": row.id, "ends_at": row.ends_at}
    return Applied(result, summary, undo, record=record)

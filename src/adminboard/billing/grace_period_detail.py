"""One grace period with everything its panel shows, and what its status is once it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, case, cast, or_, select
from sqlalchemy.orm import Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.models import IS_LIVE, Invoice, InvoiceStatus, Plan, Subscription
from adminboard.billing.short_invoices import ShortInvoice, find_last_invoices
from adminboard.core.errors import NotFound
from adminboard.core.listings import NOW
from adminboard.core.work import moment
from adminboard.customers.models import Organization


class GracePeriodUnknown(NotFound):
    """No grace period has this id."""

    title = "No such grace period"


@dataclass(frozen=True, slots=True)
class GracePeriodDetail:
    """Everything the panel shows; ``unpaid`` are the customer's open and uncollectible invoices."""

    id: UUID
    customer: Customer
    starts_at: datetime
    ends_at: datetime
    reason: str
    status: str
    subscription_id: UUID | None
    subscription_status: str | None
    plan: str | None
    unpaid: tuple[ShortInvoice, ...]
    updated_at: datetime


def grace_status_now() -> ColumnElement[Any]:
    """The status of a grace period: its end counts at once and makes it lapsed (domain: "Billing rules")."""
    return case((_is_over(), GracePeriodStatus.LAPSED.value), else_=cast(GracePeriod.status, String))


def grace_status_is(words: Sequence[str]) -> ColumnElement[bool]:
    """Whether the status now is one of these words, spelled so that the index over statuses serves."""
    stored = GracePeriod.status.in_(words)
    if GracePeriodStatus.OPEN in words and GracePeriodStatus.LAPSED not in words:
        return and_(stored, or_(GracePeriod.status != GracePeriodStatus.OPEN, GracePeriod.ends_at > NOW))
    if GracePeriodStatus.LAPSED in words and GracePeriodStatus.OPEN not in words:
        return or_(stored, _is_over())
    return stored


def _is_over() -> ColumnElement[bool]:
    return and_(GracePeriod.status == GracePeriodStatus.OPEN, GracePeriod.ends_at <= NOW)


def get_grace_period_detail(session: Session, grace_period_id: UUID) -> GracePeriodDetail:
    """The panel of one grace period: two queries. Raises `GracePeriodUnknown`."""
    row = session.execute(
        select(
            GracePeriod,
            grace_status_now(),
            Subscription.id,
            Subscription.status,
            Plan.name,
            *CUSTOMER_COLUMNS,
        )
        .join(Organization, Organization.id == GracePeriod.organization_id)
        .outerjoin(Subscription, and_(Subscription.organization_id == GracePeriod.organization_id, IS_LIVE))
        .outerjoin(Plan, Plan.id == Subscription.plan_id)
        .where(GracePeriod.id == grace_period_id),
        {"now": moment(session)},
    ).one_or_none()
    if row is None:
        raise GracePeriodUnknown(f"There is no grace period {grace_period_id}.")
    grace_period: GracePeriod = row[0]
    return GracePeriodDetail(
        id=grace_period.id,
        customer=Customer(*row[5:]),
        starts_at=grace_period.starts_at,
        ends_at=grace_period.ends_at,
        reason=grace_period.reason,
        status=row[1],
        subscription_id=row[2],
        subscription_status=row[3],
        plan=row[4],
        unpaid=find_last_invoices(
            session,
            Invoice.organization_id == grace_period.organization_id,
            Invoice.status.in_((InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)),
        ),
        updated_at=grace_period.updated_at,
    )

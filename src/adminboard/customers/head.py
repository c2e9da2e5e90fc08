"""What every tab of a customer's page shows of the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import ENDS_AT, Plan
from adminboard.billing.stripe_differences import StripeDifference, open_differences, read_differences
from adminboard.core.models import Operation
from adminboard.core.operation_runner import UNFINISHED
from adminboard.core.work import moment
from adminboard.customers.lookup import CustomerUnknown
from adminboard.customers.models import Organization
from adminboard.customers.portal import opening_portal
from adminboard.customers.queries import customers_with_plan
from adminboard.users.payer_subscription import subscription_status
from adminboard.users.queries import override_plan_name


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A call to Stripe about a customer that has not come to its end. ``status`` is one of `UNFINISHED`."""

    id: UUID
    kind: str
    status: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerHead:
    """Who it is and how they stand. ``plan`` is the one in force."""

    id: UUID
    name: str
    slug: str
    status: str
    suspended_at: datetime | None
    suspension_reason: str | None
    stripe_customer_id: str | None
    plan: str | None
    subscription_status: str | None
    subscription_ends_at: datetime | None
    """When it is cancelled at the end of its period."""
    stripe_differences: tuple[StripeDifference, ...]
    """By the last comparison."""
    under_way: UnderWay | None
    """What Stripe was asked of and nobody knows the outcome of yet; of several the first."""


def get_customer_head(session: Session, customer_id: UUID) -> CustomerHead:
    """One query by index. Raises `CustomerUnknown`."""
    values = {"customer_id": customer_id, "now": moment(session)}
    row = session.execute(_select_head(), values).one_or_none()
    if row is None:
        raise CustomerUnknown(f"There is no customer {customer_id}.")
    facts = dict(row._mapping)
    call = [facts.pop(name) for name in ("operation_id", "kind", "operation_status", "asked_at")]
    facts["stripe_differences"] = read_differences(row.stripe_differences)
    return CustomerHead(**facts, under_way=UnderWay(*call) if call[0] is not None else None)


@cache
def _select_head() -> Select[*tuple[Any, ...]]:
    """Made once: to put it together takes several times as long as to ask it."""
    return (
        customers_with_plan()
        .with_only_columns(
            Organization.id,
            Organization.name,
            Organization.slug,
            Organization.status,
            Organization.suspended_at,
            Organization.suspension_reason,
            Organization.stripe_customer_id,
            func.coalesce(override_plan_name(Organization.id), Plan.name).label("plan"),
            subscription_status(Organization.id).label("subscription_status"),
            ENDS_AT.label("subscription_ends_at"),
            open_differences(Organization.id).label("stripe_differences"),
            Operation.id.label("operation_id"),
            Operation.kind,
            Operation.status.label("operation_status"),
            Operation.created_at.label("asked_at"),
        )
        .outerjoin(Operation, Operation.id == _first_under_way())
        .where(Organization.id == bindparam("customer_id"))
    )


def _first_under_way() -> ScalarSelect[UUID]:
    """Of the calls that change something; found among the few that have not ended, whoever's they are."""
    return (
        select(Operation.id)
        .where(
            Operation.customer_id == Organization.id,
            Operation.status.in_(UNFINISHED),
            Operation.kind.startswith("stripe."),
            Operation.kind != opening_portal.name,
        )
        .correlate(Organization)
        .order_by(Operation.created_at, Operation.id)
        .limit(1)
        .scalar_subquery()
    )

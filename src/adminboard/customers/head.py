"""What every tab of a customer's page shows of the customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan, Subscription
from adminboard.core.work import moment
from adminboard.customers.lookup import CustomerUnknown
from adminboard.customers.models import Organization
from adminboard.customers.queries import customers_with_plan, subscription_status
from adminboard.users.queries import override_plan_name


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


def get_customer_head(session: Session, customer_id: UUID) -> CustomerHead:
    """One query by index. Raises `CustomerUnknown`."""
    values = {"customer_id": customer_id, "now": moment(session)}
    row = session.execute(_select_head(), values).one_or_none()
    if row is None:
        raise CustomerUnknown(f"There is no customer {customer_id}.")
    return CustomerHead(**row._mapping)


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
            subscription_status().label("subscription_status"),
            case((Subscription.cancel_at_period_end, Subscription.current_period_end)).label(
                "subscription_ends_at"
            ),
        )
        .where(Organization.id == bindparam("customer_id"))
    )

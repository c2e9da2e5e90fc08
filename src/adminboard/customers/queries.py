"""What the list of customers shows of each, as SQL: counts by index, so that a page's cost is bounded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    ScalarSelect,
    and_,
    case,
    cast,
    func,
    select,
)

from adminboard.billing.expiry import has_status
from adminboard.billing.models import (
    IS_LIVE,
    BillingInterval,
    Invoice,
    PaymentMethod,
    PaymentMethodStatus,
    Plan,
    Subscription,
    SubscriptionStatus,
)
from adminboard.core.listings.columns import AnySelect
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.users.models import User

EARNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
_MONTHS_OF_100_YEARS = 1_200
_TIMES_IN_100_YEARS = {
    BillingInterval.DAY: 36_525,
    BillingInterval.WEEK: 5_218,
    BillingInterval.MONTH: 1_200,
    BillingInterval.YEAR: 100,
}

paid_users = (
    select(User.organization_id.label("organization_id"), func.count().label("users"))
    .group_by(User.organization_id)
    .subquery("paid_users")
)
"""How many users each organization pays for."""


def customers_with_plan() -> AnySelect:
    """Organizations with their live subscription and its plan."""
    return (
        select(Organization)
        .outerjoin(Subscription, and_(Subscription.organization_id == Organization.id, IS_LIVE))
        .outerjoin(Plan, Plan.id == Subscription.plan_id)
    )


def customers_with_subscription() -> AnySelect:
    """The same, and for sums how many users they pay for: whoever does not prune it out computes it."""
    return customers_with_plan().outerjoin(paid_users, paid_users.c.organization_id == Organization.id)


def count_active_members() -> ScalarSelect[Any]:
    """How many people are active members, by index."""
    return (
        select(func.count())
        .where(
            Membership.organization_id == Organization.id,
            Membership.status == MembershipStatus.ACTIVE,
        )
        .correlate(Organization)
        .scalar_subquery()
    )


def count_invoices() -> ScalarSelect[Any]:
    """How many invoices there are, by index."""
    return (
        select(func.count())
        .where(Invoice.organization_id == Organization.id)
        .correlate(Organization)
        .scalar_subquery()
    )


def last_activity() -> ScalarSelect[Any]:
    """When an active member last did something: the end of one stretch of an index."""
    return (
        select(Membership.last_activity_at)
        .where(
            Membership.organization_id == Organization.id,
            Membership.status == MembershipStatus.ACTIVE,
            Membership.last_activity_at.is_not(None),
        )
        .order_by(Membership.last_activity_at.desc())
        .limit(1)
        .correlate(Organization)
        .scalar_subquery()
    )


def monthly_price_cents() -> ColumnElement[Any]:
    """Seats times price, turned into months, before discounts and tax; in minor units of its currency."""
    times = case(
        *(
            (Plan.interval == interval, count)
            for interval, count in _TIMES_IN_100_YEARS.items()
            if interval is not BillingInterval.MONTH
        ),
        else_=_MONTHS_OF_100_YEARS,
    )
    yearly = cast(Plan.amount_cents * Subscription.quantity, Numeric) * times
    return cast(func.round(yearly / _MONTHS_OF_100_YEARS), BigInteger)


def monthly_revenue_cents() -> ColumnElement[Any]:
    """What the subscription brings in a month: `monthly_price_cents`; 0 while it brings nothing, like on
    trial; null without one.
    """
    earning = (Subscription.status.in_(EARNING), monthly_price_cents())
    return case((Subscription.id.is_(None), None), earning, else_=0)


def has_valid_payment_method() -> ColumnElement[bool]:
    """Whether there is a payment method that is active and whose card has not expired."""
    return (
        select(PaymentMethod.id)
        .where(
            PaymentMethod.organization_id == Organization.id,
            has_status([PaymentMethodStatus.ACTIVE]),
        )
        .correlate(Organization)
        .exists()
    )

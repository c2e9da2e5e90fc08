"""What suspending a customer, or activating them, would meet: status, users and subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import ENDS_AT, PauseBehavior, Plan, Subscription, SubscriptionStatus
from adminboard.core.audit import Target
from adminboard.core.currencies import in_currency
from adminboard.customers.lookup import get_customer
from adminboard.customers.models import Membership, MembershipStatus, Organization, OrganizationStatus
from adminboard.customers.queries import customers_with_subscription, monthly_price_cents
from adminboard.users.models import User

CHARGED = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})


@dataclass(frozen=True, slots=True)
class Suspendable:
    """A customer as they are now. ``users`` are the active ones they pay for, who are the ones cut off;
    ``others`` their active members whom another customer pays for. Amounts are minor units of ``currency``.
    """

    id: UUID
    name: str
    status: OrganizationStatus
    suspended_at: datetime | None
    reason: str | None
    users: int
    others: int
    subscription_status: SubscriptionStatus | None
    plan: str | None
    interval: str | None
    currency: str | None
    price_cents: int | None
    monthly_cents: int | None
    current_period_end: datetime | None
    trial_end: datetime | None
    ends_at: datetime | None
    """When the subscription ends, where it is set to."""
    pause_behavior: PauseBehavior | None

    @property
    def target(self) -> Target:
        return Target("customer", str(self.id), self.name, self.id)

    @property
    def is_suspended(self) -> bool:
        return self.status is OrganizationStatus.SUSPENDED

    @property
    def shut_out(self) -> int:
        """How many users are cut off as things stand."""
        return self.users if self.is_suspended else 0

    @property
    def goes_on_paying(self) -> bool:
        """Whether Stripe takes money of them, now or when their trial is over."""
        is_charged = self.subscription_status in CHARGED or (
            self.subscription_status is SubscriptionStatus.TRIALING and not self.is_last_period
        )
        return is_charged and self.pause_behavior is None

    @property
    def is_last_period(self) -> bool:
        """Whether it ends with the period that is paid for, or within it: nothing is charged any more."""
        if self.ends_at is None:
            return False
        return self.current_period_end is None or self.ends_at <= self.current_period_end

    @property
    def price(self) -> str:
        """What is charged, and what that comes to in a month where it is not charged monthly."""
        if self.currency is None or self.price_cents is None or self.monthly_cents is None:
            return "nothing"
        charged = f"{in_currency(self.price_cents, self.currency)} a {self.interval}"
        if self.interval == "month":
            return charged
        return f"{charged}, which is {in_currency(self.monthly_cents, self.currency)} a month"


def get_suspendable(session: Session, reference: str) -> Suspendable:
    """The customer of this id, slug or Stripe id, read anew. Two queries. Raises `CustomerUnknown`."""
    customer = get_customer(session, reference)
    return Suspendable(*session.execute(_FACTS.where(Organization.id == customer.id)).one())


def _count_users() -> ScalarSelect[Any]:
    return (
        select(func.count())
        .where(User.organization_id == Organization.id, User.is_active)
        .correlate(Organization)
        .scalar_subquery()
    )


def _count_others() -> ScalarSelect[Any]:
    """Members whose access is not this customer's to give."""
    return (
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.organization_id == Organization.id,
            Membership.status == MembershipStatus.ACTIVE,
            User.organization_id != Organization.id,
            User.is_active,
        )
        .correlate(Organization)
        .scalar_subquery()
    )


_FACTS = customers_with_subscription().with_only_columns(
    Organization.id,
    Organization.name,
    Organization.status,
    Organization.suspended_at,
    Organization.suspension_reason,
    _count_users(),
    _count_others(),
    Subscription.status,
    Plan.name,
    Plan.interval,
    Plan.currency,
    Plan.amount_cents * Subscription.quantity,
    monthly_price_cents(),
    Subscription.current_period_end,
    Subscription.trial_end,
    ENDS_AT,
    Subscription.pause_behavior,
)

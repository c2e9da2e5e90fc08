"""The first tab of a customer's page: facts, subscription, how they pay, and how many people use it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session

from adminboard.billing.customer_payment import (
    LastFailure,
    ShownPaymentMethod,
    find_last_failure,
    list_ways_to_pay,
)
from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.models import Invoice, PauseBehavior, Plan, Subscription
from adminboard.billing.short_invoices import ShortInvoice, find_last_invoices
from adminboard.billing.subscription_detail import can_change, changes_of, say_collection
from adminboard.core.listings import NOW
from adminboard.core.masking import Mask
from adminboard.core.work import moment
from adminboard.customers.lookup import CustomerUnknown
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.customers.queries import (
    customers_with_plan,
    last_activity,
    monthly_revenue_cents,
)
from adminboard.users.models import User
from adminboard.users.payer_subscription import say_period_over, subscription_status
from adminboard.users.queries import override_plan_name, plan_override_end
from adminboard.web.visit import Visit

COUNTED_TO = 10_000
"""Active members; of more the page says "over 10,000"."""


@dataclass(frozen=True, slots=True)
class LiveSubscription:
    """``amount_cents`` is for one seat and ``interval``, ``mrr_cents`` for all a month."""

    id: UUID
    status: str
    plan: str
    amount_cents: int
    currency: str
    interval: str
    quantity: int
    mrr_cents: int
    current_period_start: datetime | None
    current_period_end: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    ends_at: datetime | None
    pause_behavior: PauseBehavior | None
    stripe_subscription_id: str | None
    stripe_state_at: datetime | None

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """The actions that make sense now, with their buttons' words."""
        if not can_change(self.status, self.stripe_subscription_id):
            return ()
        return changes_of(cancels=self.cancel_at_period_end, is_paused=self.pause_behavior is not None)

    @property
    def collection(self) -> str:
        return say_collection(self.pause_behavior)

    @property
    def period_word(self) -> str:
        """What happens at the end of the period."""
        return say_period_over(self.status, cancels=self.cancel_at_period_end)

    @property
    def period_over_at(self) -> datetime | None:
        trial_end = self.trial_end if self.status == "trialing" else None
        return self.ends_at or trial_end or self.current_period_end


@dataclass(frozen=True, slots=True)
class OpenGrace:
    """Time given after a failed payment, which is not over."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CustomerOverview:
    """Everything the tab shows; `CustomerHead` has the rest. ``active_users`` is counted to `COUNTED_TO`;
    ``a_user_id`` is the first active user they pay for, by whom their entitlements are looked at."""

    id: UUID
    billing_email: str | None = field(metadata={"mask": Mask.EMAIL})
    timezone: str
    created_at: datetime
    stripe_customer_id: str | None
    stripe_deleted_at: datetime | None
    last_status: str | None
    override_plan: str | None
    override_until: datetime | None
    a_user_id: UUID | None
    active_users: int
    last_activity_at: datetime | None
    subscription: LiveSubscription | None
    grace: OpenGrace | None
    ways_to_pay: tuple[ShownPaymentMethod, ...]
    invoices: tuple[ShortInvoice, ...]
    last_failure: LastFailure | None
    """Of the newest invoices."""

    @property
    def has_more_users_than_counted(self) -> bool:
        return self.active_users > COUNTED_TO

    @property
    def users_without_seat(self) -> int:
        """How many active members are more than there are seats."""
        return max(self.active_users - self.subscription.quantity, 0) if self.subscription else 0


def load_overview(visit: Visit, customer_id: UUID) -> CustomerOverview:
    """The tab of one customer, for its page."""
    return get_overview(visit.session, customer_id)


def get_overview(session: Session, customer_id: UUID) -> CustomerOverview:
    """At most four queries by index, whatever the customer has. Raises `CustomerUnknown`."""
    values = {"customer_id": customer_id, "now": moment(session)}
    row = session.execute(_select_facts(), values).one_or_none()
    if row is None:
        raise CustomerUnknown(f"There is no customer {customer_id}.")
    subscription: Subscription | None = row.Subscription
    invoices = find_last_invoices(session, Invoice.organization_id == customer_id)
    grace = (row.grace_id, row.starts_at, row.ends_at, row.reason)
    return CustomerOverview(
        **{name: getattr(row, name) for name in _FACTS},
        subscription=None if subscription is None else _live(subscription, row.Plan, row.mrr_cents),
        grace=None if row.grace_id is None else OpenGrace(*grace),
        ways_to_pay=list_ways_to_pay(session, customer_id),
        invoices=invoices,
        last_failure=find_last_failure(session, invoices),
    )


_FACTS = (
    "id",
    "billing_email",
    "timezone",
    "created_at",
    "stripe_customer_id",
    "stripe_deleted_at",
    "last_status",
    "override_plan",
    "override_until",
    "a_user_id",
    "active_users",
    "last_activity_at",
)


@cache
def _select_facts() -> Select[Any]:
    """The customer, with the one live subscription and the one open grace period there can be. Made once: to
    put it together takes several times as long as to ask it."""
    open_one = and_(
        GracePeriod.organization_id == Organization.id,
        GracePeriod.status == GracePeriodStatus.OPEN,
        GracePeriod.ends_at > NOW,
    )
    return (
        customers_with_plan()
        .outerjoin(GracePeriod, open_one)
        .with_only_columns(
            Organization.id,
            Organization.billing_email,
            Organization.timezone,
            Organization.created_at,
            Organization.stripe_customer_id,
            Organization.stripe_deleted_at,
            subscription_status(Organization.id).label("last_status"),
            override_plan_name(Organization.id).label("override_plan"),
            plan_override_end(Organization.id).label("override_until"),
            _first_paid_user().label("a_user_id"),
            _count_active().label("active_users"),
            last_activity().label("last_activity_at"),
            Subscription,
            Plan,
            monthly_revenue_cents().label("mrr_cents"),
            GracePeriod.id.label("grace_id"),
            GracePeriod.starts_at,
            GracePeriod.ends_at,
            GracePeriod.reason,
        )
        .where(Organization.id == bindparam("customer_id"))
    )


def _first_paid_user() -> ScalarSelect[Any]:
    return (
        select(User.id)
        .where(User.organization_id == Organization.id, User.is_active)
        .order_by(User.created_at, User.id)
        .correlate(Organization)
        .limit(1)
        .scalar_subquery()
    )


def _count_active() -> ScalarSelect[Any]:
    active = (
        select(literal(1))
        .where(
            Membership.organization_id == Organization.id,
            Membership.status == MembershipStatus.ACTIVE,
        )
        .correlate(Organization)
        .limit(COUNTED_TO + 1)
        .subquery()
    )
    return select(func.count()).select_from(active).scalar_subquery()


def _live(subscription: Subscription, plan: Plan, mrr_cents: int) -> LiveSubscription:
    return LiveSubscription(
        id=subscription.id,
        status=subscription.status,
        plan=plan.name,
        amount_cents=plan.amount_cents,
        currency=plan.currency,
        interval=plan.interval,
        quantity=subscription.quantity,
        mrr_cents=mrr_cents,
        current_period_start=subscription.current_period_start,
        current_period_end=subscription.current_period_end,
        trial_end=subscription.trial_end,
        cancel_at_period_end=subscription.cancel_at_period_end,
        ends_at=subscription.ends_at,
        pause_behavior=subscription.pause_behavior,
        stripe_subscription_id=subscription.stripe_subscription_id,
        stripe_state_at=subscription.stripe_state_at,
    )

"""One subscription with everything its panel shows."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, cast, func, select
from sqlalchemy.orm import Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.event_models import GracePeriod
from adminboard.billing.live_subscription import SUBSCRIPTION
from adminboard.billing.models import Invoice, PauseBehavior, Plan, Subscription
from adminboard.billing.pausing import IN_WORDS
from adminboard.billing.short_invoices import ShortInvoice, find_last_invoices
from adminboard.core.errors import NotFound
from adminboard.core.listings import NOW
from adminboard.core.models import Operation
from adminboard.core.operation_runner import UNFINISHED
from adminboard.core.work import moment
from adminboard.customers.models import Membership, MembershipStatus, Organization
from adminboard.entitlements.models import Feature, PlanFeature, PlanOverride

ENDED_STATUSES = ("canceled", "incomplete_expired")


class SubscriptionUnknown(NotFound):
    """No subscription has this id or Stripe id."""

    title = "No such subscription"


@dataclass(frozen=True, slots=True)
class SoldPlan:
    """A plan as it is sold; ``amount_cents`` is for one seat and one ``interval``."""

    name: str
    slug: str
    amount_cents: int
    currency: str
    interval: str
    included_minutes: int
    monthly_credits: Decimal
    is_active: bool
    stripe_product_id: str | None
    stripe_price_id: str | None


@dataclass(frozen=True, slots=True)
class PlanFact:
    """A feature that the plan includes."""

    key: str
    name: str
    category: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionDetail:
    """Everything the panel shows. ``quantity`` counts seats, ``active_members`` the people on them."""

    id: UUID
    customer: Customer
    plan: SoldPlan
    features: tuple[PlanFact, ...]
    override_plan: str | None
    status: str
    quantity: int
    active_members: int
    current_period_start: datetime | None
    current_period_end: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    ends_at: datetime | None
    canceled_at: datetime | None
    pause_behavior: PauseBehavior | None
    pause_resumes_at: datetime | None
    grace_ends_at: datetime | None
    stripe_subscription_id: str | None
    stripe_item_id: str | None
    stripe_state_at: datetime | None
    created_at: datetime
    operation_id: UUID | None
    """The call to Stripe about it of which nobody knows yet what comes."""
    invoices: tuple[ShortInvoice, ...]

    @property
    def can_change(self) -> bool:
        """Whether Stripe can be asked for changes of it."""
        return can_change(self.status, self.stripe_subscription_id)

    @property
    def changes(self) -> tuple[tuple[str, str], ...]:
        """The actions that make sense now, with their buttons' words."""
        return changes_of(cancels=self.cancel_at_period_end, is_paused=self.pause_behavior is not None)

    @property
    def collection(self) -> str:
        """Whether Stripe collects the payments, and if not, what becomes of the invoices."""
        return say_collection(self.pause_behavior)

    @property
    def total_cents(self) -> int:
        """For all seats and one interval of the plan, before discounts and tax."""
        return self.plan.amount_cents * self.quantity


def can_change(status: str, stripe_subscription_id: str | None) -> bool:
    """Whether Stripe can be asked for changes of a subscription."""
    return status not in ENDED_STATUSES and stripe_subscription_id is not None


def say_collection(pause: PauseBehavior | None) -> str:
    """Whether Stripe collects the payments, and if not, what becomes of the invoices."""
    return "by Stripe" if pause is None else f"paused; invoices {IN_WORDS[pause].lower()}"


def changes_of(*, cancels: bool, is_paused: bool) -> tuple[tuple[str, str], ...]:
    """The actions that make sense for a live subscription, which may be set to cancel or have its collection
    paused, with their buttons' words."""
    leaving = (("reactivate", "Reactivate"), ("cancel", "Cancel now"))
    return (
        ("change_quantity", "Change seats"),
        *(leaving if cancels else (("cancel", "Cancel"),)),
        ("resume", "Resume collection") if is_paused else ("pause", "Pause collection"),
    )


def get_subscription_detail(session: Session, subscription_id: UUID) -> SubscriptionDetail:
    """The panel of one subscription: three queries. Raises `SubscriptionUnknown`."""
    row = session.execute(
        _facts().where(Subscription.id == subscription_id), {"now": moment(session)}
    ).one_or_none()
    if row is None:
        raise SubscriptionUnknown(f"There is no subscription {subscription_id}.")
    subscription: Subscription = row[0]
    plan: Plan = row[1]
    return SubscriptionDetail(
        id=subscription.id,
        customer=Customer(*row[6:]),
        plan=_sold_plan(plan),
        features=_features(session, plan.id),
        override_plan=row.override_plan,
        status=subscription.status,
        quantity=subscription.quantity,
        active_members=row.active_members,
        current_period_start=subscription.current_period_start,
        current_period_end=subscription.current_period_end,
        trial_end=subscription.trial_end,
        cancel_at_period_end=subscription.cancel_at_period_end,
        ends_at=subscription.ends_at,
        canceled_at=subscription.canceled_at,
        pause_behavior=subscription.pause_behavior,
        pause_resumes_at=subscription.pause_resumes_at,
        grace_ends_at=row.grace_ends_at,
        stripe_subscription_id=subscription.stripe_subscription_id,
        stripe_item_id=subscription.stripe_item_id,
        stripe_state_at=subscription.stripe_state_at,
        created_at=subscription.created_at,
        operation_id=row.operation_id,
        invoices=find_last_invoices(session, Invoice.subscription_id == subscription.id),
    )


def _facts() -> Any:
    members = (
        select(func.count())
        .where(
            Membership.organization_id == Subscription.organization_id,
            Membership.status == MembershipStatus.ACTIVE,
        )
        .correlate(Subscription)
        .scalar_subquery()
    )
    grace = (
        select(func.max(GracePeriod.ends_at))
        .where(
            GracePeriod.organization_id == Subscription.organization_id,
            GracePeriod.status == "open",
            GracePeriod.ends_at > NOW,
        )
        .correlate(Subscription)
        .scalar_subquery()
    )
    return (
        select(
            Subscription,
            Plan,
            _override_plan().label("override_plan"),
            members.label("active_members"),
            grace.label("grace_ends_at"),
            _under_way().label("operation_id"),
            *CUSTOMER_COLUMNS,
        )
        .join(Plan, Plan.id == Subscription.plan_id)
        .join(Organization, Organization.id == Subscription.organization_id)
    )


def _under_way() -> Any:
    return (
        select(Operation.id)
        .where(
            Operation.target_kind == SUBSCRIPTION,
            Operation.target_id == cast(Subscription.id, String),
            Operation.status.in_(UNFINISHED),
        )
        .limit(1)
        .correlate(Subscription)
        .scalar_subquery()
    )


def _override_plan() -> Any:
    """The name of the plan that stands in for the paid one now; at most one override is valid at a time."""
    given = Plan.__table__.alias("given")
    return (
        select(given.c.name)
        .join(PlanOverride, PlanOverride.plan_id == given.c.id)
        .where(
            and_(
                PlanOverride.organization_id == Subscription.organization_id, PlanOverride.created_at <= NOW
            ),
            PlanOverride.valid_until.is_(None) | (PlanOverride.valid_until > NOW),
        )
        .limit(1)
        .correlate(Subscription)
        .scalar_subquery()
    )


def _sold_plan(plan: Plan) -> SoldPlan:
    return SoldPlan(
        name=plan.name,
        slug=plan.slug,
        amount_cents=plan.amount_cents,
        currency=plan.currency,
        interval=plan.interval,
        included_minutes=plan.included_minutes,
        monthly_credits=plan.monthly_credits,
        is_active=plan.is_active,
        stripe_product_id=plan.stripe_product_id,
        stripe_price_id=plan.stripe_price_id,
    )


def _features(session: Session, plan_id: UUID) -> tuple[PlanFact, ...]:
    rows = session.execute(
        select(Feature.feature_key, Feature.name, Feature.category)
        .join(PlanFeature, PlanFeature.feature_id == Feature.id)
        .where(PlanFeature.plan_id == plan_id)
        .order_by(Feature.category.nulls_last(), Feature.name)
    )
    return tuple(PlanFact(*row) for row in rows)


def find_subscription_id(session: Session, name: str) -> UUID:
    """The id of the subscription with this Stripe id. Raises `SubscriptionUnknown`."""
    found = session.scalar(select(Subscription.id).where(Subscription.stripe_subscription_id == name))
    if found is None:
        raise SubscriptionUnknown(f"There is no subscription {name}.")
    return found

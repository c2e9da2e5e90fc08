"""What the board knows of a user: the row with its plan, for the list, and everything for the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, and_, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.billing.models import ENDS_AT, IS_LIVE, LIVE_SUBSCRIPTION, Plan, Subscription
from adminboard.businesses.models import Business, BusinessFigures
from adminboard.calls.models import CallLog
from adminboard.core.listings import NOW, Probe
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.core.work import moment
from adminboard.credits.models import CreditBalance, OpenGrant
from adminboard.customers.models import Organization
from adminboard.entitlements.models import PlanOverride, UserFeatureOverride
from adminboard.users.lookup import UserUnknown
from adminboard.users.models import User, UserFigures
from adminboard.users.payer_subscription import say_period_over, subscription_status

SHOWN_BUSINESSES = 10
SHOWN_CALLS = 5


def users_with_plan() -> AnySelect:
    """Users with the payer's live subscription and its plan, the balance and the call figures."""
    return (
        select(User)
        .outerjoin(Subscription, and_(Subscription.organization_id == User.organization_id, IS_LIVE))
        .outerjoin(Plan, Plan.id == Subscription.plan_id)
        .outerjoin(CreditBalance, CreditBalance.user_id == User.id)
        .outerjoin(UserFigures, UserFigures.user_id == User.id)
    )


def override_plan_name(payer: InstrumentedAttribute[UUID] = User.organization_id) -> ScalarSelect[Any]:
    """The name of the plan that a valid plan override gives the ``payer``, null without one."""
    override_plan = Plan.__table__.alias("override_plan")
    return _of_plan_override(override_plan, override_plan.c.name, payer)


def plan_override_end(payer: InstrumentedAttribute[UUID] = User.organization_id) -> ScalarSelect[Any]:
    """Until when that override holds, null without one and without an end."""
    return _of_plan_override(Plan.__table__.alias("override_plan"), PlanOverride.valid_until, payer)


def _of_plan_override(
    override_plan: FromClause, shown: Any, payer: InstrumentedAttribute[UUID]
) -> ScalarSelect[Any]:
    return (
        select(shown)
        .select_from(override_plan)
        .join(PlanOverride, PlanOverride.plan_id == override_plan.c.id)
        .where(
            PlanOverride.organization_id == payer,
            PlanOverride.created_at <= NOW,
            PlanOverride.valid_until.is_(None) | (PlanOverride.valid_until > NOW),
        )
        .order_by(PlanOverride.created_at.desc())
        .limit(1)
        .correlate(payer.class_)
        .scalar_subquery()
    )


def has_plan_in_force(
    slugs: Sequence[str], payer: InstrumentedAttribute[UUID] = User.organization_id
) -> ColumnElement[bool]:
    """Whether the payer's plan, as `override_plan_name` and the subscription give it, is one of these."""
    override_plan = Plan.__table__.alias("override_plan")
    overridden = (
        select(PlanOverride.organization_id)
        .join(override_plan, PlanOverride.plan_id == override_plan.c.id)
        .where(
            PlanOverride.created_at <= NOW,
            PlanOverride.valid_until.is_(None) | (PlanOverride.valid_until > NOW),
        )
    )
    is_given = payer.in_(overridden.where(override_plan.c.slug.in_(slugs)))
    is_paid = Plan.slug.in_(slugs) & payer.not_in(overridden)
    return is_given | is_paid


def probe_plan(slugs: Sequence[str], payer: InstrumentedAttribute[UUID] = User.organization_id) -> Probe:
    """Payers with a live subscription to one of these plans, or with an override that gives it."""
    plan, subscribed = (
        Plan.__table__.alias("probed_plan"),
        Subscription.__table__.alias("probed_subscription"),
    )
    plans = select(plan.c.id).where(plan.c.slug.in_(slugs))
    paid = select(subscribed.c.organization_id.label("payer_id")).where(
        subscribed.c.plan_id.in_(plans), LIVE_SUBSCRIPTION
    )
    given = select(PlanOverride.organization_id).where(PlanOverride.plan_id.in_(plans))
    return Probe(select(union_all(paid, given).subquery("probed_payer").c.payer_id), payer)


def has_valid_override() -> Any:
    """Whether the user has a feature override that still counts."""
    return (
        select(UserFeatureOverride.id)
        .where(
            UserFeatureOverride.user_id == User.id,
            UserFeatureOverride.expires_at.is_(None) | (UserFeatureOverride.expires_at > NOW),
        )
        .correlate(User)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class UserBusiness:
    id: UUID
    name: str
    calls_30d: int


@dataclass(frozen=True, slots=True)
class UserCall:
    id: UUID
    started_at: datetime
    status: str
    duration_seconds: int
    caller_phone: str | None = field(metadata={"mask": Mask.PHONE})


@dataclass(frozen=True, slots=True)
class UserDetail:
    """Everything the panel beside the list shows. Amounts are credits; ``quantity`` counts seats."""

    id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    google_id: str | None
    is_active: bool
    is_superuser: bool
    onboarding_status: str
    created_at: datetime
    last_login_at: datetime | None
    organization_id: UUID
    organization_name: str
    organization_status: str
    stripe_customer_id: str | None
    plan: str | None
    override_plan: str | None
    subscription_status: str | None
    """Of the live one, or else of the last one there was; all else is of the live one."""
    quantity: int | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at_period_end: bool | None
    subscription_ends_at: datetime | None
    trial_end: datetime | None
    credits: Decimal | None
    trial: Decimal | None
    subscription_credits: Decimal | None
    credit_pack: Decimal | None
    adjustment: Decimal | None
    next_expiry_at: datetime | None
    next_expiry_amount: Decimal | None
    calls_30d: int | None
    businesses: tuple[UserBusiness, ...]
    business_count: int
    last_calls: tuple[UserCall, ...]

    @property
    def period_word(self) -> str:
        """What happens when the paid period, or the trial, is over."""
        return say_period_over(self.subscription_status, cancels=bool(self.cancel_at_period_end))

    @property
    def period_over_at(self) -> datetime | None:
        """When that happens."""
        trial_end = self.trial_end if self.subscription_status == "trialing" else None
        return self.subscription_ends_at or trial_end or self.current_period_end


def get_user_detail(session: Session, user_id: UUID) -> UserDetail:
    """The panel of one user: four queries. Raises `UserUnknown`."""
    row = session.execute(_facts().where(User.id == user_id), {"now": moment(session)}).one_or_none()
    if row is None:
        raise UserUnknown(f"There is no user {user_id}.")
    expiry = session.execute(
        select(OpenGrant.expires_at, OpenGrant.remaining)
        .where(OpenGrant.user_id == user_id, OpenGrant.expires_at > moment(session))
        .order_by(OpenGrant.expires_at)
        .limit(1)
    ).one_or_none()
    businesses, business_count = _businesses(session, user_id)
    return UserDetail(
        **row._mapping,
        next_expiry_at=expiry.expires_at if expiry else None,
        next_expiry_amount=expiry.remaining if expiry else None,
        businesses=businesses,
        business_count=business_count,
        last_calls=_last_calls(session, user_id),
    )


def _facts() -> AnySelect:
    return (
        users_with_plan()
        .join(Organization, Organization.id == User.organization_id)
        .with_only_columns(
            User.id,
            User.email,
            User.full_name,
            User.google_id,
            User.is_active,
            User.is_superuser,
            User.onboarding_status,
            User.created_at,
            User.last_login_at,
            User.organization_id,
            Organization.name.label("organization_name"),
            Organization.status.label("organization_status"),
            Organization.stripe_customer_id,
            Plan.name.label("plan"),
            override_plan_name().label("override_plan"),
            subscription_status().label("subscription_status"),
            Subscription.quantity,
            Subscription.current_period_start,
            Subscription.current_period_end,
            Subscription.cancel_at_period_end,
            ENDS_AT.label("subscription_ends_at"),
            Subscription.trial_end,
            CreditBalance.total.label("credits"),
            CreditBalance.trial,
            CreditBalance.subscription.label("subscription_credits"),
            CreditBalance.credit_pack,
            CreditBalance.adjustment,
            UserFigures.calls_30d,
        )
    )


def _businesses(session: Session, user_id: UUID) -> tuple[tuple[UserBusiness, ...], int]:
    """The first businesses by name with their calls of 30 days, and how many there are."""
    calls = func.coalesce(BusinessFigures.calls_30d, 0)
    rows = session.execute(
        select(Business.id, Business.name, calls.label("calls_30d"), func.count().over().label("owned"))
        .outerjoin(BusinessFigures, BusinessFigures.business_id == Business.id)
        .where(Business.owner_id == user_id)
        .order_by(func.lower(Business.name), Business.id)
        .limit(SHOWN_BUSINESSES)
    ).all()
    return tuple(UserBusiness(row.id, row.name, row.calls_30d) for row in rows), rows[0].owned if rows else 0


def _last_calls(session: Session, user_id: UUID) -> tuple[UserCall, ...]:
    """The newest calls over all businesses: the newest few of each, by index, then the newest of those."""
    newest = (
        select(CallLog.id, CallLog.started_at, CallLog.status, CallLog.duration_seconds, CallLog.caller_phone)
        .where(CallLog.business_id == Business.id)
        .order_by(CallLog.started_at.desc(), CallLog.id.desc())
        .limit(SHOWN_CALLS)
        .correlate(Business)
        .lateral("newest")
    )
    rows: Sequence[Any] = session.execute(
        select(newest)
        .select_from(Business)
        .join(newest, newest.c.id.is_not(None))
        .where(Business.owner_id == user_id)
        .order_by(newest.c.started_at.desc(), newest.c.id.desc())
        .limit(SHOWN_CALLS)
    ).all()
    return tuple(UserCall(*row) for row in rows)

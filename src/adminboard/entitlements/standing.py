"""Where the rule of `entitlements.rules` gets what it is asked of: the two relations, by their columns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    String,
    Text,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import TypeEngine

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.models import ENDS_AT, IS_LIVE, Subscription, SubscriptionStatus
from adminboard.core.listings import NOW
from adminboard.customers.models import Organization
from adminboard.entitlements.models import PlanOverride, UserFeatureOverride
from adminboard.users.models import User

_MOMENT = DateTime(timezone=True)


def payers_now(*, overridden: bool = True) -> FromClause:
    """What is known of every organization's plan, a row each; with its plan override only if ``overridden``.

    The last plan override and grace period that began are told even when they are over, so that an
    explanation can say so.
    """
    given, grace = last_plan_override(overridden=overridden), last_grace_period()
    trial_ends = case((Subscription.status == SubscriptionStatus.TRIALING, Subscription.trial_end))
    ends = func.least(trial_ends, ENDS_AT)
    return (
        select(
            Organization.id.label("organization_id"),
            Organization.name.label("organization_name"),
            cast(Organization.status, String).label("organization_status"),
            given.c.id.label("plan_override_id"),
            given.c.plan_id.label("override_plan_id"),
            given.c.valid_until.label("override_until"),
            cast(Subscription.status, String).label("subscription_status"),
            Subscription.plan_id.label("paid_plan_id"),
            ends.label("paid_until"),
            grace.c.until.label("grace_until"),
            true().label("is_plan_recorded"),
        )
        .outerjoin(Subscription, and_(Subscription.organization_id == Organization.id, IS_LIVE))
        .outerjoin(given, true())
        .outerjoin(grace, true())
        .subquery("payers")
    )


def standing_now(whom: ColumnElement[bool]) -> FromClause:
    """What is known of the users for whom the condition holds, a row each."""
    payers = payers_now()
    return (
        select(User.id.label("user_id"), User.email, User.full_name, User.is_active, *payers.c)
        .join(payers, payers.c.organization_id == User.organization_id)
        .where(whom)
        .subquery("standing")
    )


def last_plan_override(*, overridden: bool = True) -> LateralFromClause:
    """The organization's plan override that began last, by `NOW`: none overlap, so no other can be valid."""
    return (
        select(PlanOverride.id, PlanOverride.plan_id, PlanOverride.valid_until)
        .where(PlanOverride.organization_id == Organization.id, PlanOverride.created_at <= NOW)
        .where(literal(overridden))
        .order_by(PlanOverride.created_at.desc(), PlanOverride.valid_until.desc().nulls_first())
        .limit(1)
        .correlate(Organization)
        .lateral("given")
    )


def last_grace_period() -> LateralFromClause:
    """Until when the organization's last grace period, by `NOW`, gave access: its end, or its closing."""
    is_open = GracePeriod.status == GracePeriodStatus.OPEN
    closed_at = func.least(GracePeriod.ends_at, GracePeriod.updated_at)
    until = case((is_open, GracePeriod.ends_at), else_=closed_at)
    return (
        select(until.label("until"))
        .where(GracePeriod.organization_id == Organization.id, GracePeriod.starts_at <= NOW)
        .order_by(is_open.desc(), GracePeriod.starts_at.desc())
        .limit(1)
        .correlate(Organization)
        .lateral("grace")
    )


def overrides_now() -> FromClause:
    """The overrides there are; whether they expired is the rule's to say."""
    return select(
        UserFeatureOverride.id,
        UserFeatureOverride.user_id,
        UserFeatureOverride.feature_id,
        UserFeatureOverride.has_access,
        UserFeatureOverride.expires_at,
        UserFeatureOverride.notes,
        UserFeatureOverride.created_at,
        UserFeatureOverride.created_by,
        UserFeatureOverride.updated_at,
        UserFeatureOverride.updated_by,
        true().label("is_recorded"),
    ).subquery("overrides")


def standing_given() -> FromClause:
    """The standing that the parameters say, each named like its column."""
    columns: dict[str, TypeEngine[Any]] = {
        "user_id": Uuid(),
        "email": Text(),
        "full_name": Text(),
        "organization_id": Uuid(),
        "organization_name": Text(),
        "is_active": Boolean(),
        "organization_status": String(),
        "plan_override_id": Uuid(),
        "override_plan_id": Uuid(),
        "override_until": _MOMENT,
        "subscription_status": String(),
        "paid_plan_id": Uuid(),
        "paid_until": _MOMENT,
        "grace_until": _MOMENT,
        "is_plan_recorded": Boolean(),
    }
    given = [cast(bindparam(name, type_=kind), kind).label(name) for name, kind in columns.items()]
    return select(*given).subquery("standing")


def overrides_given() -> FromClause:
    """The overrides of the one user ``user_id`` that the parameter ``overrides`` lists, as plain JSON objects
    with ``feature_id``, ``has_access``, ``expires_at`` and ``is_recorded``.
    """
    rows = func.jsonb_to_recordset(bindparam("overrides", type_=JSONB)).table_valued(
        column("feature_id", Uuid()),
        column("has_access", Boolean()),
        column("expires_at", _MOMENT),
        column("is_recorded", Boolean()),
        name="given_overrides",
    )
    listed = rows.render_derived(with_types=True)
    unsaid: dict[str, TypeEngine[Any]] = {
        "id": Uuid(),
        "notes": Text(),
        "created_at": _MOMENT,
        "created_by": Text(),
        "updated_at": _MOMENT,
        "updated_by": Text(),
    }
    user_id = bindparam("user_id", type_=Uuid())
    return select(
        *(cast(null(), kind).label(name) for name, kind in unsaid.items()),
        cast(user_id, Uuid()).label("user_id"),
        listed.c.feature_id,
        listed.c.has_access,
        listed.c.expires_at,
        func.coalesce(listed.c.is_recorded, literal(True)).label("is_recorded"),
    ).subquery("overrides")


def plain_override(
    feature_id: UUID, has_access: bool | None, expires_at: datetime | None, *, is_recorded: bool = True
) -> dict[str, Any]:
    """An override as `overrides_given` takes it; without ``has_access`` it says that there is none."""
    until = expires_at.isoformat() if expires_at is not None else None
    return {
        "feature_id": str(feature_id),
        "has_access": has_access,
        "expires_at": until,
        "is_recorded": is_recorded,
    }

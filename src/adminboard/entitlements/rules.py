"""Who may use which feature: the one place of the rule, as SQL (domain: "Feature access").

The rule is asked of two relations: what is known of users (a *standing* each) and of their overrides. Where
these come from, the tables as they are, a moment of the past or a change that is only supposed, is told by
`entitlements.standing`; so that page, API, previews, lists and history cannot disagree.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, false, or_, select, true
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnCollection

from adminboard.billing.models import Plan, SubscriptionStatus
from adminboard.core.listings import NOW
from adminboard.core.listings.columns import AnySelect
from adminboard.customers.models import OrganizationStatus
from adminboard.entitlements.models import Feature, PlanFeature

PAYING = (SubscriptionStatus.TRIALING.value, SubscriptionStatus.ACTIVE.value)
"""A subscription of these statuses puts its plan in force; one past due only inside a grace period."""

Columns = ColumnCollection[str, Any]


class Decision(StrEnum):
    """Which rule answered."""

    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    OVERRIDE = "override"
    PLAN = "plan"
    NOTHING = "nothing"
    NOT_RECORDED = "not_recorded"
    """Of a past moment that nobody wrote down."""


def with_plan_in_force(standing: FromClause) -> FromClause:
    """The standing with what it means for the plan at `NOW`: ``plan_id`` is the plan in force, null for none;
    ``is_plan_overridden`` whether a plan override puts it there; ``is_plan_known`` is false where the past
    does not tell.
    """
    user = standing.c
    still = or_(user.override_until.is_(None), user.override_until > NOW)
    is_overridden = and_(user.override_plan_id.is_not(None), still)
    in_grace = and_(user.subscription_status == SubscriptionStatus.PAST_DUE.value, user.grace_until > NOW)
    is_paid = or_(user.subscription_status.in_(PAYING), in_grace)
    return select(
        *user,
        case((is_overridden, user.override_plan_id), (is_paid, user.paid_plan_id)).label("plan_id"),
        is_overridden.label("is_plan_overridden"),
        or_(is_overridden, user.is_plan_recorded).label("is_plan_known"),
    ).subquery("in_force")


def access_to_features(standing: FromClause, overrides: FromClause) -> AnySelect:
    """One row for each user of ``standing`` and each feature there is: the answer, and what led to it.

    Where there are no features at all, one row for each user with no feature in it. Both relations have the
    columns that `entitlements.standing` gives them. Needs the parameter ``now``.
    """
    decided = _decided(with_plan_in_force(standing), overrides).subquery("decided")
    answer = case(
        (decided.c.decision == Decision.OVERRIDE.value, decided.c.override_has_access),
        (decided.c.decision == Decision.PLAN.value, true()),
        (decided.c.decision != Decision.NOT_RECORDED.value, false()),
    )
    order = (decided.c.user_id, decided.c.category, decided.c.feature, decided.c.feature_id)
    return select(*decided.c, answer.label("has_access")).order_by(*order)


def _decided(users: FromClause, overrides: FromClause) -> AnySelect:
    """Each user with each feature, the override and the plans that are about them, and which rule answers."""
    user, override, given, paid = users.c, overrides.c, aliased(Plan), aliased(Plan)
    is_of_both = and_(override.user_id == user.user_id, override.feature_id == Feature.id)
    is_included = and_(PlanFeature.plan_id == user.plan_id, PlanFeature.feature_id == Feature.id)
    includes = PlanFeature.id.is_not(None)
    return (
        select(
            *user,
            given.name.label("override_plan"),
            paid.name.label("paid_plan"),
            Feature.id.label("feature_id"),
            Feature.feature_key,
            Feature.name.label("feature"),
            Feature.category,
            Feature.is_critical,
            override.id.label("override_id"),
            override.has_access.label("override_has_access"),
            override.expires_at,
            override.notes,
            override.created_at,
            override.created_by,
            override.updated_at,
            override.updated_by,
            override.is_recorded.label("is_override_recorded"),
            case((user.is_plan_known, includes)).label("plan_default"),
            _decision(user, override, includes).label("decision"),
        )
        .select_from(users)
        .outerjoin(Feature, true())
        .outerjoin(overrides, is_of_both)
        .outerjoin(PlanFeature, is_included)
        .outerjoin(given, given.id == user.override_plan_id)
        .outerjoin(paid, paid.id == user.paid_plan_id)
    )


def _decision(user: Columns, override: Columns, includes: ColumnElement[bool]) -> ColumnElement[Any]:
    """The rules in their order; the first that answers decides."""
    still = or_(override.expires_at.is_(None), override.expires_at > NOW)
    return case(
        (user.is_active.is_(False), Decision.INACTIVE.value),
        (user.organization_status == OrganizationStatus.SUSPENDED.value, Decision.SUSPENDED.value),
        (override.is_recorded.is_(False), Decision.NOT_RECORDED.value),
        (and_(override.has_access.is_not(None), still), Decision.OVERRIDE.value),
        (~user.is_plan_known, Decision.NOT_RECORDED.value),
        (includes, Decision.PLAN.value),
        else_=Decision.NOTHING.value,
    )

"""The features there are, and what plans include of them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.core.listings import Option
from adminboard.entitlements.models import Feature, PlanFeature


@dataclass(frozen=True, slots=True)
class FeatureOfPlans:
    """A feature and the plans on sale that include it, the cheapest first."""

    name: str
    description: str | None
    is_critical: bool
    plans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every feature, and how many plans are on sale."""

    plan_count: int
    features: tuple[FeatureOfPlans, ...]


def list_feature_options(session: Session) -> list[Option]:
    """Every feature there is, by name."""
    rows = session.execute(select(Feature.feature_key, Feature.name).order_by(Feature.name))
    return [Option(row.feature_key, row.name) for row in rows]


def get_catalogue(session: Session) -> Catalogue:
    """What the plans on sale include. Three queries."""
    included: dict[UUID, list[str]] = {}
    pairs = (
        select(PlanFeature.feature_id, Plan.name)
        .join(Plan, Plan.id == PlanFeature.plan_id)
        .where(Plan.is_active)
        .order_by(Plan.amount_cents, Plan.name)
    )
    for feature_id, plan in session.execute(pairs):
        included.setdefault(feature_id, []).append(plan)
    features = session.scalars(select(Feature).order_by(Feature.category, Feature.name))
    return Catalogue(
        session.scalar(select(func.count()).where(Plan.is_active)) or 0,
        tuple(
            FeatureOfPlans(
                feature.name, feature.description, feature.is_critical, tuple(included.get(feature.id, ()))
            )
            for feature in features
        ),
    )

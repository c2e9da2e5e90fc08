"""Stripe's prices as our plans, with the features they include."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import Mirrored, NeedsFetching, is_outdated, just_after
from adminboard.billing.mirror.prices import PlanFacts, read_plan
from adminboard.billing.models import Plan
from adminboard.core.work import Work, forget, lock_by_name, remember
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.stripe import objects

_BY_PRICE = "plans by price"


@dataclass(frozen=True, slots=True)
class MirroredPlan(Mirrored):
    """What became of a plan. ``unknown_features`` are keys that Stripe names and no feature of ours has:
    nobody makes features up."""

    unknown_features: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Metadata that is no number or amount, which the plan was left without."""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """How a plan is to become what Stripe says. ``plan`` is None for one to be added."""

    facts: PlanFacts
    plan: Plan | None
    slug: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown_features: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass
class KnownPlans:
    """All plans of ours by their prices, and all features: two dozen rows or so, read at once."""

    by_price: dict[str, Plan]
    slugs: set[str]
    features: dict[str, UUID]
    included: dict[UUID, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> Self:
        plans = session.scalars(select(Plan).execution_options(populate_existing=True)).all()
        features: dict[str, UUID] = dict(session.execute(select(Feature.feature_key, Feature.id)).all())
        pairs = session.execute(
            select(PlanFeature.plan_id, Feature.feature_key).join(
                Feature, Feature.id == PlanFeature.feature_id
            )
        )
        included: dict[UUID, frozenset[str]] = {}
        for plan_id, key in pairs:
            included[plan_id] = included.get(plan_id, frozenset()) | {key}
        by_price = {plan.stripe_price_id: plan for plan in plans if plan.stripe_price_id}
        return cls(by_price, {plan.slug for plan in plans}, features, included)

    def compare(self, facts: PlanFacts) -> PlanChange:
        """What Stripe says beside what we have. A new plan's slug is taken at once, so that the next one
        gets another."""
        plan = self.by_price.get(facts.price_id)
        keys = facts.feature_keys
        unknown = tuple(sorted(keys - self.features.keys())) if keys is not None else ()
        said = _said(facts) | ({"features": sorted(keys & self.features.keys())} if keys is not None else {})
        if plan is None:
            slug = self._take_slug(facts.slug)
            after = {"slug": slug, "included_minutes": 0, "monthly_credits": Decimal("0.00"), "features": []}
            return PlanChange(facts, None, slug, {}, after | said, unknown)
        shown = {name: getattr(plan, name) for name in said if name != "features"}
        shown["features"] = sorted(self.included.get(plan.id, frozenset()))
        differing = {name: value for name, value in said.items() if shown[name] != value}
        return PlanChange(
            facts, plan, plan.slug, {name: shown[name] for name in differing}, differing, unknown
        )

    def _take_slug(self, wanted: str) -> str:
        slug, number = wanted, 2
        while slug in self.slugs:
            slug, number = f"{wanted}-{number}", number + 1
        self.slugs.add(slug)
        return slug


def find_plans_by_price(work: Work) -> Mapping[str, UUID]:
    """The ids of our plans by the prices that they are: asked once in a work."""
    return remember(work.session, _BY_PRICE, lambda: _load_ids_by_price(work.session))


def _load_ids_by_price(session: Session) -> Mapping[str, UUID]:
    priced = session.execute(select(Plan.stripe_price_id, Plan.id))
    return {price_id: plan_id for price_id, plan_id in priced if price_id is not None}


def mirror_price(
    work: Work,
    product: objects.Product,
    price: objects.Price,
    feature_keys: Sequence[str],
    state_at: datetime,
) -> MirroredPlan:
    """Makes the plan of this price what Stripe says, unless it shows something newer; adds a missing one.

    ``feature_keys`` are the product's (`catalogue.list_feature_keys`). Locks all plans. Touches nothing that
    was paid or given under the plan. Raises `PriceUnusable`, `NeedsFetching`.
    """
    lock_plans(work)
    known = KnownPlans.load(work.session)
    return write_plan(work, known, known.compare(read_plan(product, price, feature_keys)), state_at)


def lock_plans(work: Work) -> None:
    """The catalogue is small, and one worker at a time writes it."""
    lock_by_name(work, "plans")


def write_plan(work: Work, known: KnownPlans, change: PlanChange, state_at: datetime) -> MirroredPlan:
    """Does what `KnownPlans.compare` found. Raises `NeedsFetching`."""
    plan = change.plan
    if plan is None:
        plan = _add(work, change, state_at)
    elif not _may_write(plan, state_at, differs=change.changes):
        return _mirrored(change, plan.id, {}, {})
    else:
        _set(plan, change.after, state_at)
    if "features" in change.after:
        _write_features(work, plan.id, {known.features[key] for key in change.after["features"]})
    work.session.flush()
    return _mirrored(change, plan.id, change.before, change.after)


def retire_plan(work: Work, plan: Plan, state_at: datetime) -> Mirrored:
    """Sells no more of a plan whose price or product Stripe no longer has; who has it keeps it.

    Expects the plans locked. Raises `NeedsFetching`.
    """
    if not plan.is_active or not _may_write(plan, state_at, differs=True):
        return Mirrored(plan.id, None)
    _set(plan, {"is_active": False}, state_at)
    work.session.flush()
    return Mirrored(plan.id, None, {"is_active": True}, {"is_active": False})


def _may_write(plan: Plan, state_at: datetime, *, differs: bool) -> bool:
    """As for every row that shows a state of Stripe's (`mirrored.write_state`)."""
    shown = plan.stripe_state_at
    if is_outdated(shown, state_at):
        return False
    if shown is not None and state_at <= shown:
        if differs:
            raise NeedsFetching(just_after(shown))
        return False
    return True


def _mirrored(
    change: PlanChange, plan_id: UUID, before: Mapping[str, Any], after: Mapping[str, Any]
) -> MirroredPlan:
    return MirroredPlan(plan_id, None, before, after, change.unknown_features, change.facts.unreadable)


def _add(work: Work, change: PlanChange, state_at: datetime) -> Plan:
    columns = {name: value for name, value in change.after.items() if name != "features"}
    plan = Plan(
        id=uuid4(),
        stripe_price_id=change.facts.price_id,
        stripe_state_at=state_at,
        created_at=work.now(),
        **columns,
    )
    work.session.add(plan)
    work.session.flush()
    forget(work.session, _BY_PRICE)
    return plan


def _set(plan: Plan, values: Mapping[str, Any], state_at: datetime) -> None:
    for name, value in values.items():
        if name != "features":
            setattr(plan, name, value)
    plan.stripe_state_at = state_at


def _write_features(work: Work, plan_id: UUID, wanted: set[UUID]) -> None:
    there = set(work.session.scalars(select(PlanFeature.feature_id).where(PlanFeature.plan_id == plan_id)))
    if there - wanted:
        work.session.execute(
            delete(PlanFeature).where(
                PlanFeature.plan_id == plan_id, PlanFeature.feature_id.in_(there - wanted)
            )
        )
    new = [
        {"id": uuid4(), "plan_id": plan_id, "feature_id": feature_id, "created_at": work.now()}
        for feature_id in sorted(wanted - there)
    ]
    if new:
        work.session.execute(insert(PlanFeature), new)


def _said(facts: PlanFacts) -> dict[str, Any]:
    """What Stripe says, by the columns of a plan."""
    always = {
        "name": facts.name,
        "stripe_product_id": facts.product_id,
        "amount_cents": facts.amount_cents,
        "currency": facts.currency,
        "interval": facts.interval,
        "is_active": facts.is_active,
    }
    perhaps = {"included_minutes": facts.included_minutes, "monthly_credits": facts.monthly_credits}
    return always | {name: value for name, value in perhaps.items() if value is not None}

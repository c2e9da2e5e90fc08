"""Prices of Stripe's as plans: what each becomes, what is left alone, and what makes no plan."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.billing.mirror.plans import MirroredPlan, lock_plans, mirror_price, retire_plan
from adminboard.billing.mirror.prices import PriceUnusable
from adminboard.billing.models import BillingInterval, Plan
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.stripe.objects import Price, Product
from tests.clients import SECRET_KEY
from tests.factories import START, make_feature, make_plan, make_plan_feature

PRODUCT = Product("prod_growth", "Growth", None, is_active=True)
PRICE = Price("price_growth", "prod_growth", 7_900, "usd", "month", 1, is_active=True, nickname=None)
SECOND = timedelta(seconds=1)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return Runtime(Settings(secret_key=SECRET_KEY), database, MovableClock(START))


def mirror(
    runtime: Runtime, product: Product = PRODUCT, price: Price = PRICE, *keys: str, after: timedelta = SECOND
) -> MirroredPlan:
    with runtime.work(system_actor()) as work:
        mirrored = mirror_price(work, product, price, keys, START + after)
        work.audit("plans.sync", Target("plan", str(mirrored.record_id), product.name), "Mirrored")
        return mirrored


def features_of(session: Session, plan: Plan) -> set[str]:
    pairs = select(Feature.feature_key).join(PlanFeature, PlanFeature.feature_id == Feature.id)
    return set(session.scalars(pairs.where(PlanFeature.plan_id == plan.id)))


def test_a_price_becomes_a_plan_with_the_features_of_its_product(runtime: Runtime, session: Session) -> None:
    make_feature(session, feature_key="sso")
    said = {"slug": "growth", "included_minutes": "90", "monthly_credits": "30.00"}

    mirrored = mirror(runtime, replace(PRODUCT, metadata=said), PRICE, "sso", "teleport")

    plan = session.scalars(select(Plan)).one()
    assert (plan.id, plan.name, plan.slug) == (mirrored.record_id, "Growth", "growth")
    assert (plan.stripe_product_id, plan.stripe_price_id) == (PRODUCT.id, PRICE.id)
    assert (plan.amount_cents, plan.currency, plan.interval) == (7_900, "usd", BillingInterval.MONTH)
    assert (plan.included_minutes, plan.monthly_credits) == (90, Decimal("30.00"))
    assert features_of(session, plan) == {"sso"}
    assert mirrored.unknown_features == ("teleport",), "nobody makes features up"
    assert mirrored.before == {}


def test_what_stripe_does_not_say_is_left_as_it_is(runtime: Runtime, session: Session) -> None:
    plan = make_plan(
        session,
        stripe_price_id=PRICE.id,
        slug="grown",
        included_minutes=200,
        monthly_credits=Decimal("60.00"),
        amount_cents=4_900,
    )
    make_plan_feature(session, plan_id=plan.id, feature_id=make_feature(session, feature_key="sso").id)

    mirrored = mirror(runtime)

    session.refresh(plan)
    assert (plan.slug, plan.included_minutes, plan.monthly_credits) == ("grown", 200, Decimal("60.00"))
    assert (plan.amount_cents, plan.name) == (7_900, "Growth")
    assert features_of(session, plan) == {"sso"}
    assert mirrored.before["amount_cents"] == 4_900
    assert "features" not in mirrored.after


def test_features_are_kept_in_step_and_metadata_does_where_stripe_has_none(
    runtime: Runtime, session: Session
) -> None:
    for key in ("sso", "analytics", "hipaa"):
        make_feature(session, feature_key=key)
    mirror(runtime, PRODUCT, PRICE, "sso", "analytics")
    plan = session.scalars(select(Plan)).one()

    changed = mirror(runtime, PRODUCT, PRICE, "analytics", "hipaa", after=2 * SECOND)
    assert features_of(session, plan) == {"analytics", "hipaa"}
    assert (changed.before, changed.after) == (
        {"features": ["analytics", "sso"]},
        {"features": ["analytics", "hipaa"]},
    )
    mirror(runtime, replace(PRODUCT, metadata={"features": "sso, hipaa"}), after=3 * SECOND)
    assert features_of(session, plan) == {"sso", "hipaa"}
    mirror(runtime, replace(PRODUCT, metadata={"features": ""}), after=4 * SECOND)
    assert features_of(session, plan) == set()


def test_an_older_state_changes_nothing_and_a_tie_has_to_be_looked_up(
    runtime: Runtime, session: Session
) -> None:
    mirror(runtime, after=5 * SECOND)
    dearer = replace(PRICE, amount_cents=9_900)

    assert not mirror(runtime, PRODUCT, dearer, after=4 * SECOND).changed
    with pytest.raises(NeedsFetching) as tie:
        mirror(runtime, PRODUCT, dearer, after=5 * SECOND)
    plan = session.scalars(select(Plan)).one()
    assert plan.amount_cents == 7_900
    assert mirror(runtime, PRODUCT, dearer, after=tie.value.state_at - START).changed
    session.refresh(plan)
    assert plan.amount_cents == 9_900


def test_prices_of_one_product_are_plans_with_names_and_slugs_of_their_own(
    runtime: Runtime, session: Session
) -> None:
    mirror(runtime)
    yearly = replace(PRICE, id="price_yearly", interval="year", amount_cents=79_000)
    mirror(runtime, PRODUCT, replace(yearly, nickname="yearly"))
    mirror(runtime, PRODUCT, replace(yearly, id="price_euro", currency="eur"))

    plans = session.execute(select(Plan.slug, Plan.name).order_by(Plan.slug)).all()
    assert [tuple(plan) for plan in plans] == [
        ("growth", "Growth"),
        ("growth-2", "Growth"),
        ("growth-yearly", "Growth (yearly)"),
    ]


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (replace(PRICE, interval=None), "paid once"),
        (replace(PRICE, amount_cents=None), "tiers"),
        (replace(PRICE, interval_count=3), "every 3 months"),
        (replace(PRICE, interval="fortnight"), "does not know"),
    ],
)
def test_a_price_that_is_not_one_amount_a_period_makes_no_plan(
    runtime: Runtime, session: Session, price: Price, reason: str
) -> None:
    with pytest.raises(PriceUnusable, match=reason):
        mirror(runtime, PRODUCT, price)
    assert session.scalars(select(Plan)).all() == []


def test_numbers_that_cannot_be_read_are_named_and_not_taken(runtime: Runtime, session: Session) -> None:
    plan = make_plan(session, stripe_price_id=PRICE.id, included_minutes=200, monthly_credits=Decimal(60))

    said = {"included_minutes": "lots", "monthly_credits": "-5"}
    mirrored = mirror(runtime, replace(PRODUCT, metadata=said))

    session.refresh(plan)
    assert mirrored.unreadable == ("included_minutes", "monthly_credits")
    assert (plan.included_minutes, plan.monthly_credits) == (200, Decimal(60))


def test_a_plan_is_retired_and_never_removed(runtime: Runtime, session: Session) -> None:
    plan = make_plan(session, stripe_price_id=PRICE.id)
    for changes in (True, False):
        with runtime.work(system_actor()) as work:
            lock_plans(work)
            mirrored = retire_plan(work, work.session.get_one(Plan, plan.id), START + SECOND)
            work.audit("plans.sync", Target("plan", str(plan.id), plan.name), "Retired")
        assert mirrored.changed is changes
    session.refresh(plan)
    assert not plan.is_active

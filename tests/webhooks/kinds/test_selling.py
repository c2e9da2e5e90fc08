"""Plans and promotion codes as Stripe's events tell of them."""

from decimal import Decimal

import pytest
import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.promotions.models import PromotionCode
from adminboard.stripe.fake import records
from adminboard.stripe.fake.standin import StandIn
from tests.factories import make_feature, make_plan
from tests.stand_in import Control
from tests.stripe.making import Maker
from tests.webhooks.kinds.conftest import Listener


def plans(session: Session) -> dict[str | None, Plan]:
    session.expire_all()
    return {plan.stripe_price_id: plan for plan in session.scalars(select(Plan))}


def codes(session: Session) -> dict[str, str | None]:
    session.expire_all()
    return {row.code: row.stripe_promotion_id for row in session.scalars(select(PromotionCode))}


def test_a_new_price_is_a_new_plan_with_the_features_of_its_product(
    session: Session, client: stripe.StripeClient, listener: Listener
) -> None:
    feature = make_feature(session, feature_key="call_recording")
    product = client.v1.products.create(
        {"name": "Scale", "metadata": {"features": "call_recording", "monthly_credits": "250.00"}}
    )
    price = client.v1.prices.create(
        {"product": product.id, "unit_amount": 19900, "currency": "usd", "recurring": {"interval": "month"}}
    )
    told = listener.hear_last("price.created")
    plan = plans(session)[price.id]
    assert (plan.name, plan.slug, plan.amount_cents, plan.interval, plan.is_active) == (
        "Scale",
        "scale",
        19900,
        "month",
        True,
    )
    assert plan.monthly_credits == Decimal(250)
    assert session.scalars(select(PlanFeature.feature_id)).all() == [feature.id]
    assert told.after["scale"]["amount_cents"] == 19900


def test_a_renamed_product_renames_its_plans(
    session: Session, client: stripe.StripeClient, make: Maker, listener: Listener, control: Control
) -> None:
    price = make.price(name="Growth")
    listener.hear_last("price.created")
    control("clock", days=1)
    assert isinstance(price.product, str)
    client.v1.products.update(price.product, {"name": "Growth plus"})
    told = listener.hear_last("product.updated")
    assert plans(session)[price.id].name == "Growth plus"
    assert told.before == {"growth": {"name": "Growth"}}


def test_a_price_no_longer_used_is_no_longer_sold(
    session: Session, client: stripe.StripeClient, make: Maker, listener: Listener
) -> None:
    price = make.price()
    client.v1.prices.update(price.id, {"active": False})
    listener.hear_all(listener.events("price.created", "price.updated")[::-1])
    assert not plans(session)[price.id].is_active


@pytest.mark.parametrize("order", [1, -1])
def test_two_prices_of_one_product_make_the_same_plans_in_any_order(
    session: Session, client: stripe.StripeClient, make: Maker, listener: Listener, order: int
) -> None:
    monthly = make.price(name="Growth")
    assert isinstance(monthly.product, str)
    yearly = client.v1.prices.create(
        {
            "product": monthly.product,
            "unit_amount": 79000,
            "currency": "usd",
            "recurring": {"interval": "year"},
        }
    )
    listener.hear_all(listener.events()[::order])
    first, second = sorted([monthly.id, yearly.id])
    assert {price: plan.slug for price, plan in plans(session).items()} == {
        first: "growth",
        second: "growth-2",
    }


def test_a_price_that_stripe_no_longer_has_is_no_longer_sold(
    session: Session, make: Maker, listener: Listener, standin: StandIn
) -> None:
    price = make.price()
    listener.hear_last("price.created")
    assert isinstance(price.product, str)
    make_plan(session, slug="gone", stripe_price_id="price_gone", stripe_product_id=price.product)
    gone = records.Price(id="price_gone", created=1, product=price.product, unit_amount=100, currency="usd")
    standin.account.tell("price.deleted", gone)
    told = listener.hear_last("price.deleted")
    assert not plans(session)["price_gone"].is_active
    assert plans(session)[price.id].is_active
    assert told.before == {"gone": {"is_active": True}}


def test_nor_is_any_price_of_a_product_that_stripe_no_longer_has(
    session: Session, listener: Listener, standin: StandIn
) -> None:
    make_plan(session, stripe_price_id="price_gone", stripe_product_id="prod_gone")
    make_plan(session, stripe_price_id=None, stripe_product_id=None)
    standin.account.tell("product.deleted", records.Product(id="prod_gone", created=1, name="Gone"))
    listener.hear_last("product.deleted")
    assert not plans(session)["price_gone"].is_active
    assert plans(session)[None].is_active, "what the board alone sells stays as it is"


def test_features_that_are_not_known_here_are_not_made_up(
    session: Session, client: stripe.StripeClient, listener: Listener
) -> None:
    product = client.v1.products.create({"name": "Odd", "metadata": {"features": "teleportation"}})
    client.v1.prices.create(
        {"product": product.id, "unit_amount": 100, "currency": "usd", "recurring": {"interval": "month"}}
    )
    listener.hear_last("product.created")
    assert len(plans(session)) == 1
    assert session.scalars(select(Feature)).all() == []


def make_code(client: stripe.StripeClient, code: str) -> stripe.PromotionCode:
    coupon = client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    return client.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": code}
    )


def test_a_new_code_is_added(session: Session, client: stripe.StripeClient, listener: Listener) -> None:
    made = make_code(client, "SPRING")
    told = listener.hear_last("promotion_code.created")
    assert codes(session) == {"SPRING": made.id}
    assert told.status == "active"
    assert listener.hear_last("promotion_code.created").after == {}


@pytest.mark.parametrize("order", [1, -1])
def test_a_code_used_again_stands_for_the_active_one(
    session: Session, client: stripe.StripeClient, listener: Listener, order: int
) -> None:
    first = make_code(client, "SPRING")
    client.v1.promotion_codes.update(first.id, {"active": False})
    second = make_code(client, "SPRING")
    listener.hear_all(listener.events("promotion_code.created", "promotion_code.updated")[::order])
    assert codes(session) == {"SPRING": second.id}

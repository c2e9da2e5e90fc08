"""Plans and promotion codes of the database as Stripe's products, prices and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.demo.stand_in.moments import seconds
from adminboard.entitlements.models import Feature, PlanFeature
from adminboard.promotions.models import PromotionCode
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account

USUAL_PERCENT = 10


def fill_catalogue(session: Session, account: Account) -> None:
    account.products.load(read_products(session))
    account.prices.load(read_prices(session))
    account.product_features.load(read_features(session))
    codes = list(read_promotion_codes(session))
    account.coupons.load(_coupon_of(code) for code in codes)
    account.promotion_codes.load(codes)


def read_products(session: Session) -> Iterator[records.Product]:
    for plan in session.scalars(select(Plan).where(Plan.stripe_product_id.is_not(None))):
        assert plan.stripe_product_id is not None
        created = seconds(plan.created_at)
        yield records.Product(
            id=plan.stripe_product_id,
            created=created,
            updated=created,
            name=plan.name,
            active=plan.is_active,
            metadata={
                "slug": plan.slug,
                "included_minutes": str(plan.included_minutes),
                "monthly_credits": str(plan.monthly_credits),
            },
        )


def read_prices(session: Session) -> Iterator[records.Price]:
    for plan in session.scalars(select(Plan).where(Plan.stripe_price_id.is_not(None))):
        assert plan.stripe_price_id is not None
        yield records.Price(
            id=plan.stripe_price_id,
            created=seconds(plan.created_at),
            product=plan.stripe_product_id or "",
            unit_amount=plan.amount_cents,
            currency=plan.currency,
            interval=plan.interval,
            active=plan.is_active,
            lookup_key=plan.slug,
        )


def read_features(session: Session) -> Iterator[records.ProductFeature]:
    rows = session.execute(
        select(Plan.stripe_product_id, Feature.feature_key, Feature.name, PlanFeature.created_at)
        .join_from(PlanFeature, Plan, PlanFeature.plan_id == Plan.id)
        .join(Feature, PlanFeature.feature_id == Feature.id)
        .where(Plan.stripe_product_id.is_not(None))
    )
    for product, key, name, created_at in rows:
        assert product is not None
        yield records.ProductFeature(
            id=f"prodft_{product.removeprefix('prod_')}_{key}",
            created=seconds(created_at),
            product=product,
            lookup_key=key,
            name=name,
        )


def read_promotion_codes(session: Session) -> Iterator[records.PromotionCode]:
    for code in session.scalars(select(PromotionCode).where(PromotionCode.stripe_promotion_id.is_not(None))):
        assert code.stripe_promotion_id is not None
        yield records.PromotionCode(
            id=code.stripe_promotion_id,
            created=seconds(code.created_at),
            code=code.code,
            coupon=code.stripe_promotion_id.replace("promo_", "coup_"),
        )


def _coupon_of(code: records.PromotionCode) -> records.Coupon:
    """The number in the code is taken for its percentage: SPRING25 takes off a quarter."""
    number = re.search(r"[1-9][0-9]?$", code.code)
    return records.Coupon(
        id=code.coupon,
        created=code.created,
        name=code.code,
        percent_off=Decimal(number[0]) if number else Decimal(USUAL_PERCENT),
    )

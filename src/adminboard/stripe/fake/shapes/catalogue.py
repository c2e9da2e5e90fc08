"""Products, prices and promotion codes."""

from adminboard.stripe.fake import records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.sdk_types import plain_fields
from adminboard.stripe.fake.shapes.shaping import Shape, specifics


@specifics.register
def _(_product: records.Product, _books: Books) -> Shape:
    return {"type": "service"}


@specifics.register
def _(feature: records.ProductFeature, _books: Books) -> Shape:
    return {
        "entitlement_feature": {
            **plain_fields("entitlements.feature"),
            "id": f"feat_{feature.lookup_key}",
            "object": "entitlements.feature",
            "active": True,
            "lookup_key": feature.lookup_key,
            "name": feature.name,
        }
    }


@specifics.register
def _(price: records.Price, _books: Books) -> Shape:
    return {
        "type": "recurring",
        "billing_scheme": "per_unit",
        "tax_behavior": "unspecified",
        "unit_amount_decimal": str(price.unit_amount),
        "recurring": {
            "interval": price.interval,
            "interval_count": price.interval_count,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
    }


@specifics.register
def _(coupon: records.Coupon, _books: Books) -> Shape:
    return {"percent_off": float(coupon.percent_off) if coupon.percent_off is not None else None}


@specifics.register
def _(code: records.PromotionCode, _books: Books) -> Shape:
    return {
        "promotion": {"type": "coupon", "coupon": code.coupon},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
    }

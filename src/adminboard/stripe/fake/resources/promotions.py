"""Coupons, and the codes that bring them."""

import secrets

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.periods import end_of_period
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Coupon, Discount, PromotionCode, Subscription
from adminboard.stripe.fake.refusals import invalid
from adminboard.stripe.fake.resources.catalogue import change_fields
from adminboard.stripe.fake.routing import Routes

routes = Routes()

routes.listing("/v1/coupons", "CouponListParams", Listing(Coupon))
routes.retrieve("/v1/coupons/{coupon}", "CouponRetrieveParams", Coupon)
routes.listing(
    "/v1/promotion_codes",
    "PromotionCodeListParams",
    Listing(PromotionCode, frozenset({"active", "code", "coupon"})),
)
routes.retrieve("/v1/promotion_codes/{promotion_code}", "PromotionCodeRetrieveParams", PromotionCode)


@routes.post(
    "/v1/coupons",
    "CouponCreateParams",
    "id name percent_off amount_off currency duration duration_in_months metadata",
)
def create_coupon(account: Account, given: Given) -> Coupon:
    if ("percent_off" in given) == ("amount_off" in given):
        raise invalid("You must pass either percent_off or amount_off, and not both.")
    coupon = Coupon(
        id=given.get("id", ""),
        name=given.get("name"),
        percent_off=given.get("percent_off"),
        amount_off=given.get("amount_off"),
        currency=given.get("currency"),
        duration=given.get("duration", "once"),
        duration_in_months=given.get("duration_in_months"),
        metadata=given.get("metadata", {}),
    )
    return account.add(coupon, event="coupon.created")


@routes.post(
    "/v1/promotion_codes",
    "PromotionCodeCreateParams",
    "promotion[type] promotion[coupon] code active expires_at max_redemptions metadata",
)
def create_promotion_code(account: Account, given: Given) -> PromotionCode:
    coupon = account.get(Coupon, given["promotion"]["coupon"], param="promotion[coupon]", status=400)
    code = given.get("code") or secrets.token_hex(4).upper()
    if any(other.active for other in account.promotion_codes.of("code", code)):
        raise invalid(
            "An active promotion code with that code already exists.", code="resource_already_exists"
        )
    promotion_code = PromotionCode(
        code=code,
        coupon=coupon.id,
        active=given.get("active", True),
        expires_at=given.get("expires_at"),
        max_redemptions=given.get("max_redemptions"),
        metadata=given.get("metadata", {}),
    )
    return account.add(promotion_code, event="promotion_code.created")


@routes.post("/v1/promotion_codes/{promotion_code}", "PromotionCodeUpdateParams", "active metadata")
def update_promotion_code(account: Account, identifier: str, given: Given) -> PromotionCode:
    promotion_code = account.get(PromotionCode, identifier)
    with account.changing(promotion_code, "promotion_code.updated"):
        change_fields(promotion_code, given, "active")
    return promotion_code


def redeem(account: Account, subscription: Subscription, wanted: list[dict[str, str]]) -> None:
    """Puts the discounts of codes or coupons on a subscription, in place of those it had."""
    discounts = []
    for number, item in enumerate(wanted):
        param = f"discounts[{number}]"
        code = _redeemed_code(account, item["promotion_code"], param) if "promotion_code" in item else None
        coupon = account.get(
            Coupon, code.coupon if code else item.get("coupon", ""), param=f"{param}[coupon]", status=400
        )
        coupon.times_redeemed += 1
        discounts.append(_discount(account, subscription, coupon, code))
    subscription.discounts = [account.add(discount).id for discount in discounts]


def _redeemed_code(account: Account, identifier: str, param: str) -> PromotionCode:
    code = account.get(PromotionCode, identifier, param=f"{param}[promotion_code]", status=400)
    is_used_up = code.max_redemptions is not None and code.times_redeemed >= code.max_redemptions
    is_expired = code.expires_at is not None and code.expires_at <= account.clock.now()
    if not code.active or is_used_up or is_expired:
        raise invalid(
            f"This promotion code cannot be redeemed: {code.code}.",
            param=param,
            code="promotion_code_expired",
        )
    code.times_redeemed += 1
    return code


def _discount(
    account: Account, subscription: Subscription, coupon: Coupon, code: PromotionCode | None
) -> Discount:
    """Once ends with the first invoice, which is made in the same moment."""
    now = account.clock.now()
    months = coupon.duration_in_months or 1
    ends = {
        "once": now + 1,
        "repeating": end_of_period(now, "month", months, anchor=now),
        "forever": None,
    }
    return Discount(
        coupon=coupon.id,
        promotion_code=code.id if code else None,
        customer=subscription.customer,
        subscription=subscription.id,
        start=now,
        end=ends[coupon.duration],
    )

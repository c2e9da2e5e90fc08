"""What is sold: products, prices, and codes that make them cheaper."""

from __future__ import annotations

from decimal import Decimal

import stripe
from stripe.params import PriceListParams, PromotionCodeListParams

from adminboard.stripe.gateway.reading import find_id, id_of, metadata_of, moment, read_all, read_page
from adminboard.stripe.gateway.translating import reading
from adminboard.stripe.objects import Coupon, Page, Price, Product, PromotionCode


class Catalogue:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client.v1

    def list_products(self) -> tuple[Product, ...]:
        """All, those no longer sold too."""
        with reading():
            return read_all(self._client.products.list({"limit": 100}), read_product)

    def get_product(self, product_id: str) -> Product:
        """Raises `NotInStripe`."""
        with reading():
            return read_product(self._client.products.retrieve(product_id))

    def list_feature_keys(self, product_id: str) -> tuple[str, ...]:
        """The lookup keys of the features that the product includes."""
        with reading():
            found = self._client.products.features.list(product_id, {"limit": 100})
            return tuple(item.entitlement_feature.lookup_key for item in found.auto_paging_iter())

    def list_prices(self, product_id: str | None = None) -> tuple[Price, ...]:
        """All, or all of one product; those no longer used too."""
        wanted: PriceListParams = {"limit": 100}
        if product_id:
            wanted["product"] = product_id
        with reading():
            return read_all(self._client.prices.list(wanted), read_price)

    def get_price(self, price_id: str) -> Price:
        """Raises `NotInStripe`."""
        with reading():
            return read_price(self._client.prices.retrieve(price_id))

    def promotion_codes_page(self, *, after: str | None = None, limit: int = 100) -> Page[PromotionCode]:
        wanted: PromotionCodeListParams = {"limit": limit}
        if after:
            wanted["starting_after"] = after
        with reading():
            return read_page(self._client.promotion_codes.list(wanted), read_promotion_code)

    def get_promotion_code(self, promotion_code_id: str) -> PromotionCode:
        """Raises `NotInStripe`."""
        with reading():
            return read_promotion_code(self._client.promotion_codes.retrieve(promotion_code_id))

    def find_promotion_code(self, code: str) -> PromotionCode | None:
        """The one that customers type in, active rather than not."""
        with reading():
            found = read_all(
                self._client.promotion_codes.list({"code": code, "limit": 100}), read_promotion_code
            )
        return max(found, key=lambda item: (item.is_active, item.created_at), default=None)

    def get_coupon(self, coupon_id: str) -> Coupon:
        """Raises `NotInStripe`."""
        with reading():
            return _read_coupon(self._client.coupons.retrieve(coupon_id))


def read_product(product: stripe.Product) -> Product:
    return Product(
        id=product.id,
        name=product.name,
        description=product.description,
        is_active=product.active,
        metadata=metadata_of(product.metadata),
    )


def read_price(price: stripe.Price) -> Price:
    recurring = price.recurring
    return Price(
        id=price.id,
        product_id=id_of(price.product),
        amount_cents=price.unit_amount,
        currency=price.currency,
        interval=recurring.interval if recurring else None,
        interval_count=recurring.interval_count if recurring else None,
        is_active=price.active,
        nickname=price.nickname,
        metadata=metadata_of(price.metadata),
    )


def read_promotion_code(code: stripe.PromotionCode) -> PromotionCode:
    return PromotionCode(
        id=code.id,
        code=code.code,
        coupon_id=find_id(code.promotion.coupon),
        is_active=code.active,
        times_redeemed=code.times_redeemed,
        max_redemptions=code.max_redemptions,
        expires_at=moment(code.expires_at),
        created_at=moment(code.created),
    )


def _read_coupon(coupon: stripe.Coupon) -> Coupon:
    return Coupon(
        id=coupon.id,
        name=coupon.name,
        percent_off=None if coupon.percent_off is None else Decimal(str(coupon.percent_off)),
        amount_off_cents=coupon.amount_off,
        currency=coupon.currency,
        duration=coupon.duration,
        is_valid=coupon.valid,
    )

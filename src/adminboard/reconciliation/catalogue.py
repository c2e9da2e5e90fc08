"""What Stripe sells, fetched whole, and beside it what the plans here are to become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import just_after
from adminboard.billing.mirror.plans import KnownPlans, PlanChange
from adminboard.billing.mirror.prices import PriceUnusable, read_plan
from adminboard.billing.models import Plan
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.packing import pack, unpack
from adminboard.runtime import Runtime
from adminboard.stripe import objects

_PRODUCTS = TypeAdapter(tuple[objects.Product, ...])
_PRICES = TypeAdapter(tuple[objects.Price, ...])
_MOMENTS = TypeAdapter(dict[str, datetime | None])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Stripe's products, prices and features of products. ``shown`` is the moment that the plan of a price
    showed before Stripe was asked."""

    products: tuple[objects.Product, ...]
    prices: tuple[objects.Price, ...]
    features: Mapping[str, Sequence[str]]
    shown: Mapping[str, datetime | None]

    def state_at(self, price_id: str) -> datetime:
        """The moment of what Stripe says of this price: newer than what we showed before asking."""
        return just_after(self.shown.get(price_id))

    def to_text(self) -> str:
        """For a command to carry."""
        return pack(
            {
                "products": _PRODUCTS.dump_python(self.products, mode="json"),
                "prices": _PRICES.dump_python(self.prices, mode="json"),
                "features": self.features,
                "shown": _MOMENTS.dump_python(dict(self.shown), mode="json"),
            }
        )

    @classmethod
    def from_text(cls, text: str) -> Catalogue:
        """Raises `NotPacked`."""
        data = unpack(text)
        return cls(
            _PRODUCTS.validate_python(data["products"]),
            _PRICES.validate_python(data["prices"]),
            data["features"],
            _MOMENTS.validate_python(data["shown"]),
        )


@dataclass(frozen=True, slots=True)
class CataloguePlan:
    """What a sync would do: plans to add or change, plans to sell no more, and prices that make no plan."""

    changes: tuple[PlanChange, ...]
    retired: tuple[Plan, ...]
    skipped: Mapping[str, str]
    """The reason by price."""

    @property
    def unknown_features(self) -> list[str]:
        """Keys that Stripe names and no feature here has."""
        return sorted({key for change in self.changes for key in change.unknown_features})

    @property
    def unreadable(self) -> dict[str, Any]:
        """Metadata that is no number or amount, by plan."""
        return {change.slug: change.facts.unreadable for change in self.changes if change.facts.unreadable}


def fetch_catalogue(runtime: Runtime) -> Catalogue:
    """Asks Stripe, outside of any transaction: a call for each hundred products and prices, and one for each
    product's features. Raises what Stripe's gateway raises, and `NoStripeAccount`."""
    with runtime.reading() as session:
        named = select(Plan.stripe_price_id, Plan.stripe_state_at).where(Plan.stripe_price_id.is_not(None))
        shown = {price_id: at for price_id, at in session.execute(named) if price_id is not None}
    catalogue = stripe_of(runtime).catalogue
    products, prices = catalogue.list_products(), catalogue.list_prices()
    sold = {price.product_id for price in prices}
    features = {
        product.id: catalogue.list_feature_keys(product.id) for product in products if product.id in sold
    }
    return Catalogue(products, prices, features, shown)


def compare_catalogue(session: Session, catalogue: Catalogue) -> tuple[KnownPlans, CataloguePlan]:
    """What our plans are to become; those that are in step too, without changes."""
    known = KnownPlans.load(session)
    products = {product.id: product for product in catalogue.products}
    changes, skipped = [], {}
    for price in sorted(catalogue.prices, key=lambda price: (not price.is_active, price.id)):
        product = products.get(price.product_id)
        if product is None:
            skipped[price.id] = "Its product is no longer there."
            continue
        try:
            facts = read_plan(product, price, catalogue.features.get(product.id, ()))
        except PriceUnusable as error:
            skipped[price.id] = error.detail
            continue
        changes.append(known.compare(facts))
    missing = catalogue.shown.keys() - {price.id for price in catalogue.prices}
    gone = (plan for price_id, plan in known.by_price.items() if price_id in missing and plan.is_active)
    retired = tuple(sorted(gone, key=lambda plan: plan.slug))
    return known, CataloguePlan(tuple(changes), retired, skipped)

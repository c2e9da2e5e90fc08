"""What a product of Stripe's and one of its prices say together about a plan.

A price is a plan; its product lends it a name, features and whatever the price does not say itself. Metadata,
of the price or else of the product: `slug`, `included_minutes`, `monthly_credits`, `features` (keys with
commas between them). What Stripe does not say is left as the plan has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from adminboard.billing.models import BillingInterval
from adminboard.core.errors import DomainError
from adminboard.core.money import to_credits
from adminboard.stripe import objects

T = TypeVar("T")
MOST_MINUTES = 2**31 - 1


class PriceUnusable(DomainError):
    """No plan can have this price: Stripe works it out in tiers, or it is not paid regularly."""

    title = "This price makes no plan"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What Stripe says of one plan. None is what it does not say; ``unreadable`` names metadata that is no
    amount or number, and counts as not said."""

    price_id: str
    product_id: str
    name: str
    amount_cents: int
    currency: str
    interval: BillingInterval
    is_active: bool
    included_minutes: int | None
    monthly_credits: Decimal | None
    feature_keys: frozenset[str] | None
    slug: str
    unreadable: tuple[str, ...] = ()


def read_plan(product: objects.Product, price: objects.Price, feature_keys: Sequence[str]) -> PlanFacts:
    """``feature_keys`` are those that the product includes in Stripe; where there are none, the metadata's
    count. Raises `PriceUnusable`."""
    amount_cents, interval = _require_regular(price)
    said = {**product.metadata, **price.metadata}
    unreadable: list[str] = []

    def read(name: str, reads: Callable[[str], T]) -> T | None:
        try:
            return reads(said[name]) if said.get(name) else None
        except ValueError:
            unreadable.append(name)
            return None

    name = f"{product.name} ({price.nickname})" if price.nickname else product.name
    return PlanFacts(
        price_id=price.id,
        product_id=product.id,
        name=name,
        amount_cents=amount_cents,
        currency=price.currency.lower(),
        interval=interval,
        is_active=product.is_active and price.is_active,
        included_minutes=read("included_minutes", _read_minutes),
        monthly_credits=read("monthly_credits", _read_credits),
        feature_keys=_read_features(feature_keys, said),
        slug=_make_slug(said.get("slug") or name),
        unreadable=tuple(unreadable),
    )


def _require_regular(price: objects.Price) -> tuple[int, BillingInterval]:
    if price.interval is None:
        raise PriceUnusable("It is paid once, and a plan is paid regularly.")
    if price.interval not in set(BillingInterval):
        raise PriceUnusable(f"It is paid by the {price.interval}, which the board does not know.")
    if price.interval_count not in (None, 1):
        raise PriceUnusable(f"It is paid every {price.interval_count} {price.interval}s, not each one.")
    if price.amount_cents is None:
        raise PriceUnusable("It has tiers or parts of cents; a plan has one whole amount.")
    return price.amount_cents, BillingInterval(price.interval)


def _read_features(keys: Sequence[str], said: Mapping[str, str]) -> frozenset[str] | None:
    if keys:
        return frozenset(keys)
    if "features" not in said:
        return None
    return frozenset(key.strip() for key in said["features"].split(",") if key.strip())


def _read_minutes(text: str) -> int:
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or int(digits) > MOST_MINUTES:
        raise ValueError("This is no number of minutes.")
    return int(digits)


def _read_credits(text: str) -> Decimal:
    amount = to_credits(text.strip())
    if amount < 0:
        raise ValueError("A plan gives credits, it takes none.")
    return amount


def _make_slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "plan"

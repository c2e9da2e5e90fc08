"""`product.*` and `price.*`: the plans that a product's prices make, always read anew as a whole.

Neither object says everything about a plan, and a product not even its prices or features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from adminboard.billing.mirror.mirrored import Mirrored, NeedsFetching
from adminboard.billing.mirror.plans import lock_plans, mirror_price, retire_plan
from adminboard.billing.mirror.prices import PriceUnusable
from adminboard.billing.models import Plan
from adminboard.core.work import Work
from adminboard.stripe import objects
from adminboard.stripe.errors import NotInStripe
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import OtherObject, object_id

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

TYPES = tuple(f"{kind}.{verb}" for kind in ("product", "price") for verb in ("created", "updated", "deleted"))


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as Stripe sells it, by all its prices; None and nothing where there is none any more."""

    product_id: str
    product: objects.Product | None = None
    prices: tuple[objects.Price, ...] = ()
    feature_keys: tuple[str, ...] = ()


def read(event: Event) -> Offer | None:  # noqa: ARG001 - as every kind
    """What was sent is never enough."""
    return None


def fetch(gateway: StripeGateway, event: Event) -> Offer:
    product_id, catalogue = _product_id(event), gateway.catalogue
    try:
        product = catalogue.get_product(product_id)
        prices, keys = catalogue.list_prices(product_id), catalogue.list_feature_keys(product_id)
    except NotInStripe:
        return Offer(product_id)
    return Offer(product_id, product, prices, keys)


def shown_by(event: Event) -> Iterable[Place]:
    yield Plan.stripe_product_id, _product_id(event)


def apply(work: Work, event: Event, found: Offer | None, state_at: datetime) -> Told:
    if found is None:
        raise NeedsFetching(state_at)
    lock_plans(work)
    mirrored = _mirror_all(work, found, state_at)
    changed = {name: done for name, done in mirrored.items() if done.changed}
    unknown = {key for done in mirrored.values() for key in getattr(done, "unknown_features", ())}
    named = found.product.name if found.product else found.product_id
    what = f"changed {', '.join(sorted(changed))}" if changed else "changed nothing here"
    return Told(
        summary=f"Stripe told of {event.type} of the product {named}, which {what}."
        + (f" No feature here is called {', '.join(sorted(unknown))}." if unknown else ""),
        before={name: dict(done.before) or None for name, done in changed.items()},
        after={name: dict(done.after) for name, done in changed.items()},
    )


def _mirror_all(work: Work, found: Offer, state_at: datetime) -> Mapping[str, Mirrored]:
    """What became of each plan, by its slug. In an order of their own, so that new plans of one name are
    told apart in the same way whichever price is heard of first."""
    done: list[Mirrored] = []
    for price in sorted(found.prices, key=lambda price: (not price.is_active, price.id)):
        if found.product is not None:
            try:
                done.append(mirror_price(work, found.product, price, found.feature_keys, state_at))
            except PriceUnusable:
                continue
    sold = {price.id for price in found.prices}
    theirs = work.session.scalars(select(Plan).where(Plan.stripe_product_id == found.product_id)).all()
    done += [retire_plan(work, plan, state_at) for plan in theirs if plan.stripe_price_id not in sold]
    return {work.session.get_one(Plan, item.record_id).slug: item for item in done}


def _product_id(event: Event) -> str:
    """Raises `OtherObject` where the event names no product."""
    if event.object_kind == "product":
        return object_id(event)
    product: Any = event.payload["data"]["object"].get("product")
    if not isinstance(product, str):
        raise OtherObject(f"The event {event.id} is about a price of no product.")
    return product


KIND = EventKind(TYPES, read, fetch, apply, shown_by=shown_by)

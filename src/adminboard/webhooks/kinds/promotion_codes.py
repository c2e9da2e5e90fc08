"""`promotion_code.*`: which promotion code of Stripe's a typed code stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.core.work import Work
from adminboard.promotions.mirror import AnotherOfThisCode, mirror_promotion_code
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Told
from adminboard.webhooks.kinds.reading import object_id, read_sent

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway


@dataclass(frozen=True, slots=True)
class Chosen:
    """The promotion code that Stripe gives for a text."""

    code: objects.PromotionCode


def read(event: Event) -> objects.PromotionCode:
    return read_sent(event, objects.PromotionCode)


def fetch(gateway: StripeGateway, event: Event) -> Chosen:
    named = gateway.catalogue.get_promotion_code(object_id(event))
    return Chosen(gateway.catalogue.find_promotion_code(named.code) or named)


def apply(work: Work, event: Event, found: objects.PromotionCode | Chosen, state_at: datetime) -> Told:  # noqa: ARG001 - as every kind
    code = found.code if isinstance(found, Chosen) else found
    try:
        row = mirror_promotion_code(work, code, is_the_one=isinstance(found, Chosen))
    except AnotherOfThisCode as error:
        raise NeedsFetching(state_at) from error
    state = "active" if code.is_active else "not active"
    return Told(
        summary=f"The promotion code {code.code} is {state} in Stripe.",
        after={"code": code.code, "stripe_promotion_id": code.id} if row is not None else {},
        status=state.replace(" ", "_"),
    )


KIND = EventKind(("promotion_code.created", "promotion_code.updated"), read, fetch, apply)

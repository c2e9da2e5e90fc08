"""The objects inside of events, as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import stripe

from adminboard.core.errors import DomainError
from adminboard.stripe import objects
from adminboard.stripe.gateway.catalogue import read_price, read_product, read_promotion_code
from adminboard.stripe.gateway.reading import (
    read_charge,
    read_customer,
    read_invoice,
    read_payment_method,
    read_refund,
    read_subscription,
)


class NotAsPinned(DomainError):
    """The object is of a kind or a form that the pinned API version does not have here."""

    title = "Stripe sent this in another form"


def read_object(event: objects.Event) -> object:
    """The object of an event that was made at the pinned API version. Raises `NotAsPinned`."""
    reading = _READING.get(event.object_kind or "")
    if reading is None:
        raise NotAsPinned(f"Nothing is known of a {event.object_kind}, which the event {event.id} is about.")
    kind, read = reading
    try:
        return read(kind.construct_from(event.payload["data"]["object"], None))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotAsPinned(
            f"The {event.object_kind} in the event {event.id} is not of the form of this API version."
        ) from error


_READING: Mapping[str, tuple[type[stripe.StripeObject], Callable[[Any], object]]] = {
    "charge": (stripe.Charge, read_charge),
    "customer": (stripe.Customer, read_customer),
    "invoice": (stripe.Invoice, read_invoice),
    "payment_method": (stripe.PaymentMethod, read_payment_method),
    "price": (stripe.Price, read_price),
    "product": (stripe.Product, read_product),
    "promotion_code": (stripe.PromotionCode, read_promotion_code),
    "refund": (stripe.Refund, read_refund),
    "subscription": (stripe.Subscription, read_subscription),
}

"""The objects inside of events, as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

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
    try:
        return reading(_Sent(event.payload["data"]["object"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotAsPinned(
            f"The {event.object_kind} in the event {event.id} is not of the form of this API version."
        ) from error


class _Sent:
    """What was sent, by attributes as the SDK's objects have them, made as they are looked at. The SDK makes
    objects of all parts at once, which took a third of the time that an event takes.
    """

    __slots__ = ("_parts",)

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        try:
            return _as_sent(self._parts[name])
        except KeyError:
            raise AttributeError(f"Stripe sent no {name}") from None

    def to_dict(self) -> Mapping[str, Any]:
        return self._parts


def _as_sent(part: Any) -> Any:
    if isinstance(part, Mapping):
        return _Sent(part)
    return [_as_sent(item) for item in part] if isinstance(part, list) else part


_READING: Mapping[str, Callable[[Any], object]] = {
    "charge": read_charge,
    "customer": read_customer,
    "invoice": read_invoice,
    "payment_method": read_payment_method,
    "price": read_price,
    "product": read_product,
    "promotion_code": read_promotion_code,
    "refund": read_refund,
    "subscription": read_subscription,
}

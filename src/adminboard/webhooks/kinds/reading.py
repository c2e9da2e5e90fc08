"""The object of an event, as the board's own."""

from __future__ import annotations

from typing import TypeVar

from adminboard.core.errors import DomainError
from adminboard.stripe.objects import Event

T = TypeVar("T")


class OtherObject(DomainError):
    """The event is about an object of another kind than its type says."""

    title = "This is not what the event's type says"


def read_sent(event: Event, kind: type[T]) -> T:
    """The object as it was sent, at the pinned API version. Raises `OtherObject`, `NotAsPinned`."""
    # Imported when it is first needed: Stripe's SDK takes longer to load than a page takes to answer.
    from adminboard.stripe.gateway.payloads import read_object  # noqa: PLC0415 - as said above

    found = read_object(event)
    if not isinstance(found, kind):
        raise OtherObject(f"The event {event.id} of type {event.type} came with a {event.object_kind}.")
    return found


def object_id(event: Event) -> str:
    """What to ask Stripe for. Raises `OtherObject`."""
    if event.object_id is None:
        raise OtherObject(f"The event {event.id} came with an object that has no id.")
    return event.object_id

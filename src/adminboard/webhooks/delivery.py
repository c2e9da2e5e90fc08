"""What is read of an event before it is kept: its name, its type, and the objects of Stripe's it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from adminboard.core.errors import InvalidInput

_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
MAX_TYPE_LENGTH = 100
_END_OF_TIME = 253_402_300_800
"""The first second of the year 10,000, which no datetime holds."""


class UnreadableEvent(InvalidInput):
    """It is signed, but no event that the board could keep."""

    status: ClassVar[int] = 400
    title = "This is no event of Stripe's"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as it was sent, and the ids by which its row is found. ``payload`` is its JSON."""

    event_id: str
    event_type: str
    payload: str
    customer_id: str | None
    subscription_id: str | None
    invoice_id: str | None
    charge_id: str | None
    refund_id: str | None


def read_delivery(body: bytes) -> Delivery:
    """Raises `UnreadableEvent`."""
    try:
        text = body.decode()
        event = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UnreadableEvent("The body is not valid JSON.") from None
    return describe_event(event, text)


def describe_event(event: Any, payload: str) -> Delivery:
    """The same of an event that was read already. Raises `UnreadableEvent`."""
    changed = _part(_part(event, "data"), "object")
    event_id, event_type = _find_id(_part(event, "id")), _part(event, "type")
    if not isinstance(changed, dict) or event_id is None or not _is_type(event_type):
        raise UnreadableEvent("The body names no event with an id, a type and an object.")
    if not _is_moment(_part(event, "created")):
        raise UnreadableEvent("The body does not say when the event was made.")
    return Delivery(event_id, event_type, payload, **_find_ids(changed))


def _find_ids(changed: Mapping[str, Any]) -> dict[str, str | None]:
    """The object is one of these, or names them, perhaps in the words of an older version of Stripe's API."""
    details = _part(_part(changed, "parent"), "subscription_details")
    named = {
        "customer_id": _part(changed, "customer"),
        "subscription_id": _part(details, "subscription") or _part(changed, "subscription"),
        "invoice_id": _part(changed, "invoice"),
        "charge_id": _part(changed, "charge"),
        "refund_id": None,
    }
    kind = _part(changed, "object")
    itself = f"{kind}_id"
    if itself in named:
        named[itself] = changed
    return {name: _find_id(thing) for name, thing in named.items()}


def _part(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, dict) else None


def _find_id(thing: Any) -> str | None:
    """The id of what may have been expanded."""
    found = _part(thing, "id") if isinstance(thing, dict) else thing
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _is_type(found: Any) -> bool:
    return isinstance(found, str) and len(found) <= MAX_TYPE_LENGTH and _TYPE.fullmatch(found) is not None


def _is_moment(found: Any) -> bool:
    return type(found) is int and 0 <= found < _END_OF_TIME


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)

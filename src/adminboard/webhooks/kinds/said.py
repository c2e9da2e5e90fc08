"""What an event says of a change by itself: how its object was when it was sent, and before.

Our row does not tell it where the object was asked for anew and is further by now, and neither does it tell
what was before where the board made the change itself, so that the row showed it already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from adminboard.stripe.objects import Event

T = TypeVar("T", str, int)
State = Mapping[str, Any]
"""Parts of an object as they were sent."""


def said_of(
    event: Event, read: Callable[[State], T | None], *, now: T | None, was: T | None
) -> tuple[T | None, T | None]:
    """What ``read`` finds, before and after: the event's words first, else what our row showed.

    ``now`` is what the object is by what was applied, ``was`` what our row showed before that. The first is
    None where nothing tells that it was otherwise.
    """
    data = event.payload["data"]
    sent, before = read(data["object"]), read(data.get("previous_attributes") or {})
    after = now if sent is None else sent
    if before is None and after == now:
        before = was
    return (None if before == after else before), after


def read_status(state: State) -> str | None:
    found = state.get("status")
    return found if isinstance(found, str) else None


def read_seats(item_id: str | None) -> Callable[[State], int | None]:
    """Of the item of this id, where it is there."""

    def read(state: State) -> int | None:
        items = (state.get("items") or {}).get("data") or ()
        return next((item.get("quantity") for item in items if item.get("id") == item_id), None)

    return read

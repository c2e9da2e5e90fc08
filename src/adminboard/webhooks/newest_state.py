"""Applying an event's object as Stripe has it now, also where the board's rows move on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.core.errors import DomainError
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind

T = TypeVar("T")
MOST_LOOKS = 5
"""How often the object of one event is asked for in one attempt, where it keeps changing meanwhile."""


class ObjectKeepsChanging(DomainError):
    """Whenever Stripe was asked, our row had been brought further meanwhile."""

    title = "The object keeps changing"


def apply_as_it_is_now(
    found: Any, state_at: datetime, *, fetch: Callable[[], Any], apply: Callable[[Any, datetime], T]
) -> T:
    """What ``apply`` makes of the object and the moment of its state; fetched anew as often as it says so.

    Raises `ObjectKeepsChanging`, and what both of them raise.
    """
    for _ in range(MOST_LOOKS):
        try:
            return apply(found, state_at)
        except NeedsFetching as error:
            found, state_at = fetch(), error.state_at
    raise ObjectKeepsChanging("The object changed each time that Stripe was asked about it.")


def find_moment_of_replay(session: Session, kind: EventKind, event: Event) -> datetime:
    """Since when what Stripe is about to answer holds: it is no older than what our rows show before it is
    asked. Where it differs from what they show of this very moment, `NeedsFetching` settles which is newer.
    """
    moments = [event.created_at]
    for stripe_id, value in kind.shown_by(event):
        shown = select(func.max(stripe_id.class_.stripe_state_at)).where(stripe_id == value)
        moments += filter(None, [session.scalar(shown)])
    return max(moments)

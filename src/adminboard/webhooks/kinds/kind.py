"""What the board does with one kind of Stripe's events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute

from adminboard.core.work import Work
from adminboard.stripe.objects import Event

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

Place = tuple[InstrumentedAttribute[Any], str]
"""Where a row is found: the column of Stripe's ids, and the id."""


def shown_by_nothing(event: Event) -> Iterable[Place]:  # noqa: ARG001 - as every kind
    """For kinds whose rows keep no moment, or are found only by what Stripe answers."""
    return ()


def look_up_nothing(found: Any) -> Iterable[Place]:  # noqa: ARG001 - as every kind
    """For kinds that only Stripe can tell about, or that look up nothing but the customer."""
    return ()


@dataclass(frozen=True, slots=True)
class Told:
    """What the audit entry and, by the names of its columns, the billing event's row say afterwards.

    ``summary`` is a whole sentence for the log. ``before`` and ``after`` hold only what was changed; both are
    empty when the rows showed this already, or something newer. Statuses are those of the object the event
    is about, in Stripe's words, as the event says them: also where the object was fetched and is further.
    """

    summary: str
    organization_id: UUID | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    stripe_customer_id: str | None = None
    stripe_subscription_id: str | None = None
    stripe_invoice_id: str | None = None
    stripe_charge_id: str | None = None
    stripe_refund_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    previous_status: str | None = None
    status: str | None = None
    previous_quantity: int | None = None
    quantity: int | None = None

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class EventKind:
    """Types of events that are read and applied in one way.

    ``read`` gives the object as it was sent, at the API version the board is pinned to. ``fetch`` asks Stripe
    for it as it is now, outside of any transaction: for events of another API version, for replays, and
    whenever ``apply`` says so. Where Stripe forgets such objects once they are deleted, it answers for them
    too. ``apply`` takes either, with the moment of that state: the event's `created_at` at first, whether it
    was sent or fetched. Asked about what it applied before, as by a replay, it tells the same again.

    ``look_up`` names the rows of the customer that ``apply`` finds by Stripe's ids, so that they are read for
    many events at once (`customers_of_ours.hold_rows`).

    ``shown_by`` names the rows that show the event's object. A replay takes the object as it is now, however
    old the event is: so it counts as no older than what these rows show by then.

    ``afterwards`` names, by type, the task that a worker is to run once such events are applied.

    `billing.mirror.mirrored.NeedsFetching` from ``apply``, before it has changed anything, means: fetch, and
    apply what was fetched with the error's ``state_at``; as often as it is raised. Other `DomainError`s are
    failures of the event, which is tried again later.
    """

    types: tuple[str, ...]
    read: Callable[[Event], Any]
    fetch: Callable[[StripeGateway, Event], Any]
    apply: Callable[[Work, Event, Any, datetime], Told]
    look_up: Callable[[Any], Iterable[Place]] = look_up_nothing
    shown_by: Callable[[Event], Iterable[Place]] = shown_by_nothing
    afterwards: Mapping[str, str] = field(default_factory=dict)

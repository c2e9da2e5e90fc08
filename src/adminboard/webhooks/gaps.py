"""Finding events that never came: Stripe's list of the last 30 days beside the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import Target
from adminboard.core.queue import queue_once
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.objects import Event
from adminboard.webhooks.delivery import Delivery, describe_event
from adminboard.webhooks.waking import APPLY_EVENTS, PRIORITY

STRIPE_LISTS = timedelta(days=30)
MISSING = Target("billing_events", "missing", "events that never came")
FINDER = system_actor("webhook gaps")


@dataclass(frozen=True, slots=True)
class Gaps:
    """How many events Stripe lists, and how many of them the log did not have."""

    listed: int = 0
    missing: int = 0

    def plus(self, listed: int, missing: int) -> Gaps:
        return Gaps(self.listed + listed, self.missing + missing)


def ignore_progress(found: Gaps) -> None:
    """For those whom nobody watches."""


def fetch_missing(
    runtime: Runtime,
    *,
    actor: Actor = FINDER,
    back: timedelta = STRIPE_LISTS,
    tell: Callable[[Gaps], None] = ignore_progress,
) -> Gaps:
    """Keeps each event of Stripe's list that the log has not, a page at a time, to be applied like any other.

    Twice is once. Raises what listing raises, `AuditUnavailable`, and `SettingsError` without an account.
    """
    since = runtime.clock.now() - back
    found, after = Gaps(), None
    while True:
        page = runtime.stripe.events.list_page(since=since, after=after)
        found = found.plus(len(page.items), _keep_missing(runtime, actor, page.items))
        tell(found)
        if page.after is None:
            return found
        after = page.after


def find_gaps_nightly(runtime: Runtime) -> Gaps | None:
    """The same by the clock; None on a board without an account of Stripe's."""
    try:
        return fetch_missing(runtime)
    except SettingsError:
        return None


def _keep_missing(runtime: Runtime, actor: Actor, listed: Sequence[Event]) -> int:
    ids = [event.id for event in listed]
    with runtime.reading() as session:
        known = set(
            session.scalars(select(BillingEvent.stripe_event_id).where(BillingEvent.stripe_event_id.in_(ids)))
        )
    missing = [event for event in listed if event.id not in known]
    if not missing:
        return 0
    with runtime.work(actor) as work:
        kept = _insert(work, missing)
        if not kept:
            work.abandon()
            return 0
        queue_once(work, APPLY_EVENTS, priority=PRIORITY)
        noun = "event" if len(kept) == 1 else "events"
        work.audit(
            "webhooks.fetch_missing",
            MISSING,
            f"Fetched {len(kept):,} {noun} that Stripe lists and that never came here",
            after={"events": kept},
        )
    return len(kept)


def _insert(work: Work, events: Sequence[Event]) -> list[str]:
    """As intake keeps them, in the same order; returns Stripe's ids of those that had not come meanwhile."""
    deliveries = sorted((describe_event(event.payload, "") for event in events), key=lambda one: one.event_id)
    payloads = {event.id: event.payload for event in events}
    customers = {delivery.customer_id for delivery in deliveries}
    payers = select(Organization.stripe_customer_id, Organization.id).where(
        Organization.stripe_customer_id.in_(customers - {None})
    )
    organizations = {row.stripe_customer_id: row.id for row in work.session.execute(payers)}
    rows = [
        {
            **_row(work, delivery),
            "organization_id": organizations.get(delivery.customer_id),
            "raw_payload": payloads[delivery.event_id],
        }
        for delivery in deliveries
    ]
    statement = insert(BillingEvent).on_conflict_do_nothing(index_elements=["stripe_event_id"])
    kept = work.session.scalars(statement.returning(BillingEvent.stripe_event_id), rows)
    return sorted(event_id for event_id in kept if event_id is not None)


def _row(work: Work, delivery: Delivery) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "stripe_event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "source": BillingEventSource.WEBHOOK,
        "stripe_customer_id": delivery.customer_id,
        "stripe_subscription_id": delivery.subscription_id,
        "stripe_invoice_id": delivery.invoice_id,
        "stripe_charge_id": delivery.charge_id,
        "stripe_refund_id": delivery.refund_id,
        "processing_status": ProcessingStatus.RECEIVED,
        "received_at": work.now(),
        "next_attempt_at": work.now(),
        "created_at": work.now(),
        "updated_at": work.now(),
    }

"""Billing events of what was done by hand, beside those that Stripe tells (domain: `billing_events`)."""

from __future__ import annotations

from typing import TypedDict, Unpack
from uuid import UUID

from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.core.work import Work

REPAIRED = "reconciliation.repair"
"""A subscription was brought into step with Stripe: the audit entry, and the billing event, of each row."""


class EventFacts(TypedDict, total=False):
    """What a billing event says beside its type. Statuses and quantities are those of the object it is about,
    statuses in Stripe's words."""

    notes: str | None
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    stripe_invoice_id: str | None
    stripe_charge_id: str | None
    stripe_refund_id: str | None
    amount_cents: int | None
    currency: str | None
    previous_status: str | None
    status: str | None
    previous_quantity: int | None
    quantity: int | None


def note_event(
    work: Work, event_type: str, *, organization_id: UUID | None, **facts: Unpack[EventFacts]
) -> BillingEvent:
    """Writes down that something happened in billing now, through the board; it needs no processing.

    ``event_type`` is the action's name, like `billing.refund`.
    """
    event = BillingEvent(
        event_type=event_type,
        source=BillingEventSource.MANUAL,
        organization_id=organization_id,
        processing_status=ProcessingStatus.PROCESSED,
        received_at=work.now(),
        processed_at=work.now(),
        created_at=work.now(),
        **facts,
    )
    work.session.add(event)
    work.session.flush()
    return event

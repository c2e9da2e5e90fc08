"""What happened in billing as Stripe told it, the troubles in hearing it, and the grace periods."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adminboard.billing.event_models import BillingEventSource, GracePeriodStatus, ProcessingStatus
from adminboard.billing.models import InvoiceStatus, RefundStatus, SubscriptionStatus
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw, Weighted, to_epoch
from adminboard.demo.seed.invoices import SeedInvoice
from adminboard.demo.seed.people import SeedOrganization
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.subscriptions import SeedSubscription

GRACE = timedelta(days=7)
ATTEMPTS = 8
API_VERSION = "2025-09-30.clover"
"""An older one than the board's: what is shown of objects here is short, so the board asks the stand-in."""
PROCESSING = Weighted(
    {ProcessingStatus.PROCESSED: 985, ProcessingStatus.IGNORED: 8, ProcessingStatus.FAILED: 7}
)
ERRORS = (
    "No organization has the Stripe customer of this event.",
    "The price of this subscription is not known here.",
    "Stripe could not be reached: connection reset.",
    "The object of this event is no longer in Stripe.",
)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, before it is known whether the log still holds it."""

    at: datetime
    type: str
    organization: SeedOrganization
    object_id: str
    is_status: bool = False
    """Says since when a subscription has its state: kept longest."""
    subscription_id: str | None = None
    invoice_id: str | None = None
    charge_id: str | None = None
    refund_id: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    previous_status: str | None = None
    status: str | None = None
    previous_quantity: int | None = None
    quantity: int | None = None
    price_id: str | None = None
    """Of a subscription: what is sold, by which the plan of a past moment is known."""
    notes: str | None = None


def add_billing_events(
    rows: RowBuffer,
    draw: Draw,
    plan: SeedPlan,
    subscriptions: list[SeedSubscription],
    invoices: list[SeedInvoice],
    count: int,
) -> None:
    """All there were, at most ``count``: those of the last month, then changes of state, then the latest."""
    happenings = [event for item in subscriptions for event in _of_subscription(draw, plan, item)]
    happenings += [event for invoice in invoices for event in _of_invoice(plan, invoice)]
    recently = plan.as_of - timedelta(days=30)
    happenings.sort(key=lambda event: (event.at >= recently, event.is_status, event.at), reverse=True)
    for happening in happenings[:count]:
        _add_event(rows, draw, plan, happening)


def _of_subscription(draw: Draw, plan: SeedPlan, item: SeedSubscription) -> Iterator[Happening]:
    def happened(at: datetime, event: str, before: str | None, after: str, **more: Any) -> Happening:
        return Happening(
            at, f"customer.subscription.{event}", item.organization, item.stripe_id, is_status=True,
            subscription_id=item.stripe_id, previous_status=before, status=after,
            quantity=item.quantity, price_id=item.plan.stripe_price_id, **more,
        )  # fmt: skip

    first = "trialing" if item.trial_end else "active"
    if item.status in (SubscriptionStatus.INCOMPLETE, SubscriptionStatus.INCOMPLETE_EXPIRED):
        first = "incomplete"
    yield happened(item.started_at, "created", None, first)
    until = item.ended_at or plan.as_of
    if first == "trialing" and item.billed_from <= until and item.status is not SubscriptionStatus.TRIALING:
        yield happened(item.billed_from, "updated", "trialing", "active")
    if item.is_live and item.quantity > 1:
        at = draw.between(item.started_at, plan.as_of)
        yield happened(at, "updated", item.status, item.status, previous_quantity=item.quantity - 1)
    if item.ended_at is not None:
        event = "deleted" if item.status is SubscriptionStatus.CANCELED else "updated"
        before = "active" if event == "deleted" else "incomplete"
        yield happened(item.ended_at, event, before, item.status)
    elif item.status is SubscriptionStatus.PAUSED:
        yield happened(draw.between(item.period_start, plan.as_of), "paused", "active", "paused")


def _of_invoice(plan: SeedPlan, invoice: SeedInvoice) -> Iterator[Happening]:
    item = invoice.subscription
    currency = item.plan.tariff.currency

    def happened(at: datetime, event: str, status: str, **more: Any) -> Happening:
        return Happening(
            at, event, item.organization, invoice.stripe_id, subscription_id=item.stripe_id,
            invoice_id=invoice.stripe_id, amount_cents=invoice.amount_cents, currency=currency,
            status=status, **more,
        )  # fmt: skip

    if invoice.status is InvoiceStatus.DRAFT:
        return
    yield happened(invoice.made_at, "invoice.finalized", "open")
    if invoice.failed_at is not None:
        yield happened(
            invoice.failed_at, "invoice.payment_failed", "open", charge_id=invoice.stripe_charge_id,
            notes="Your card has insufficient funds.",
        )  # fmt: skip
        if invoice.paid_at is None:
            yield _past_due(plan, invoice)
    if invoice.paid_at is not None:
        yield happened(invoice.paid_at, "invoice.paid", "paid", charge_id=invoice.stripe_charge_id)
    refund = invoice.refund
    if refund is not None and refund.status is not RefundStatus.FAILED:
        yield Happening(
            refund.made_at, "charge.refunded", item.organization, invoice.stripe_charge_id,
            invoice_id=invoice.stripe_id, charge_id=invoice.stripe_charge_id, refund_id=refund.stripe_id,
            amount_cents=refund.amount_cents, currency=currency, status=refund.status,
        )  # fmt: skip


def _past_due(plan: SeedPlan, invoice: SeedInvoice) -> Happening:
    item = invoice.subscription
    assert invoice.failed_at is not None, "asked only about invoices whose payment failed"
    return Happening(
        min(invoice.failed_at + timedelta(seconds=2), plan.as_of), "customer.subscription.updated",
        item.organization, item.stripe_id, is_status=True, subscription_id=item.stripe_id,
        previous_status="active", status=item.status, quantity=item.quantity,
        price_id=item.plan.stripe_price_id,
    )  # fmt: skip


def _add_event(rows: RowBuffer, draw: Draw, plan: SeedPlan, event: Happening) -> None:
    stripe_event_id = f"evt_1{draw.token(23)}"
    received_at = min(event.at + timedelta(seconds=draw.uniform(0.4, 9)), plan.as_of)
    state = PROCESSING.pick(draw)
    if plan.as_of - received_at < timedelta(minutes=3):
        state = ProcessingStatus.RECEIVED
    is_retried = state is ProcessingStatus.FAILED and plan.as_of - received_at < timedelta(days=1)
    attempts = {ProcessingStatus.RECEIVED: 0, ProcessingStatus.FAILED: 3 if is_retried else ATTEMPTS}.get(
        state, 1
    )
    is_done = state in (ProcessingStatus.PROCESSED, ProcessingStatus.IGNORED)
    rows.add(
        "billing_events",
        id=draw.new_id(),
        stripe_event_id=stripe_event_id,
        event_type="customer.updated" if state is ProcessingStatus.IGNORED else event.type,
        source=BillingEventSource.WEBHOOK,
        organization_id=event.organization.id,
        raw_payload=_payload(stripe_event_id, event),
        stripe_customer_id=event.organization.stripe_customer_id,
        stripe_subscription_id=event.subscription_id,
        stripe_invoice_id=event.invoice_id,
        stripe_charge_id=event.charge_id,
        stripe_refund_id=event.refund_id,
        amount_cents=event.amount_cents,
        currency=event.currency,
        previous_status=event.previous_status,
        status=event.status,
        previous_quantity=event.previous_quantity,
        quantity=event.quantity,
        notes=event.notes,
        processing_status=state,
        attempts=attempts,
        last_error=draw.one_of(ERRORS) if state is ProcessingStatus.FAILED else None,
        received_at=received_at,
        processed_at=min(received_at + draw.minutes(0.01, 0.1), plan.as_of) if is_done else None,
        next_attempt_at=_next_attempt(draw, plan, state, is_retried=is_retried),
        created_at=received_at,
        updated_at=received_at,
    )


def _next_attempt(
    draw: Draw, plan: SeedPlan, state: ProcessingStatus, *, is_retried: bool
) -> datetime | None:
    if state is ProcessingStatus.RECEIVED:
        return plan.as_of
    return plan.as_of + draw.minutes(1, 300) if is_retried else None


def _payload(stripe_event_id: str, event: Happening) -> dict[str, Any]:
    shown = {
        "id": event.object_id,
        "object": event.type.split(".")[-2],
        "customer": event.organization.stripe_customer_id,
        "status": event.status,
        "amount": event.amount_cents,
        "currency": event.currency,
        "quantity": event.quantity,
        "items": {"data": [{"price": {"id": event.price_id}}]} if event.price_id else None,
    }
    return {
        "id": stripe_event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": to_epoch(event.at),
        "livemode": False,
        "type": event.type,
        "data": {"object": {name: value for name, value in shown.items() if value is not None}},
    }


def add_manual_event(
    rows: RowBuffer, draw: Draw, organization: SeedOrganization, at: datetime, event_type: str, notes: str
) -> None:
    """Something staff did."""
    before, after = ("active", "suspended") if event_type == "customers.suspend" else (None, None)
    rows.add(
        "billing_events",
        id=draw.new_id(),
        stripe_event_id=None,
        event_type=event_type,
        source=BillingEventSource.MANUAL,
        organization_id=organization.id,
        raw_payload=None,
        stripe_customer_id=organization.stripe_customer_id,
        stripe_subscription_id=None,
        stripe_invoice_id=None,
        stripe_charge_id=None,
        stripe_refund_id=None,
        amount_cents=None,
        currency=None,
        previous_status=before,
        status=after,
        previous_quantity=None,
        quantity=None,
        notes=notes,
        processing_status=ProcessingStatus.PROCESSED,
        attempts=0,
        last_error=None,
        received_at=at,
        processed_at=at,
        next_attempt_at=None,
        created_at=at,
        updated_at=at,
    )


def add_grace_periods(rows: RowBuffer, draw: Draw, plan: SeedPlan, invoices: list[SeedInvoice]) -> None:
    """One for each payment that failed: open while it lasts, recovered where it was paid, else over."""
    for invoice in invoices:
        if invoice.failed_at is None:
            continue
        ends_at = invoice.failed_at + GRACE
        status, changed_at = GracePeriodStatus.OPEN, invoice.failed_at
        if invoice.paid_at is not None:
            status, changed_at = GracePeriodStatus.RECOVERED, invoice.paid_at
        elif ends_at <= plan.as_of:
            is_closed = draw.happens(0.15)
            status = GracePeriodStatus.CLOSED if is_closed else GracePeriodStatus.LAPSED
            changed_at = ends_at
        rows.add(
            "grace_periods",
            id=draw.new_id(),
            organization_id=invoice.subscription.organization.id,
            invoice_id=invoice.id,
            starts_at=invoice.failed_at,
            ends_at=ends_at,
            reason=f"Payment of invoice {invoice.number} failed",
            status=status,
            is_set_by_hand=status is GracePeriodStatus.CLOSED,
            created_at=invoice.failed_at,
            updated_at=changed_at,
        )

"""`invoice.*`: the invoice as it then is, and the grace periods that its payments open and close."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from adminboard.billing.grace_periods import follow_payments, note_failure, note_overdue
from adminboard.billing.mirror.invoices import mirror_invoice
from adminboard.billing.models import Invoice, Subscription
from adminboard.core.currencies import in_currency
from adminboard.core.work import Work
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import object_id, read_sent
from adminboard.webhooks.kinds.said import read_status, said_of
from adminboard.webhooks.waking import EXPLAIN_FAILURES

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

FAILED, PAID = "invoice.payment_failed", "invoice.paid"
SENTENCES = {
    "invoice.finalized": "is final",
    PAID: "is paid",
    FAILED: "could not be collected",
    "invoice.payment_action_required": "waits for the customer to confirm the payment",
    "invoice.voided": "is void",
    "invoice.marked_uncollectible": "is not expected to be paid any more",
}
"""What each type says of the invoice."""


def read(event: Event) -> objects.Invoice:
    return read_sent(event, objects.Invoice)


def fetch(gateway: StripeGateway, event: Event) -> objects.Invoice:
    return gateway.invoices.get(object_id(event))


def shown_by(event: Event) -> Iterable[Place]:
    yield Invoice.stripe_invoice_id, object_id(event)


def look_up(found: objects.Invoice) -> Iterable[Place]:
    yield Invoice.stripe_invoice_id, found.id
    if found.subscription_id:
        yield Subscription.stripe_subscription_id, found.subscription_id


def apply(work: Work, event: Event, found: objects.Invoice, state_at: datetime) -> Told:
    mirrored = mirror_invoice(work, found, state_at)
    row = work.session.get_one(Invoice, mirrored.record_id)
    _follow(work, event, found, row)
    previous_status, status = said_of(event, read_status, now=found.status, was=mirrored.before.get("status"))
    amount = found.amount_paid_cents if event.type == PAID else found.amount_due_cents
    return Told(
        summary=f"Stripe says that invoice {found.number or found.id} over "
        f"{in_currency(found.amount_due_cents, found.currency)} {SENTENCES[event.type]}.",
        organization_id=mirrored.organization_id,
        before=mirrored.before,
        after=mirrored.after,
        stripe_customer_id=found.customer_id,
        stripe_subscription_id=found.subscription_id,
        stripe_invoice_id=found.id,
        amount_cents=amount,
        currency=found.currency,
        previous_status=previous_status,
        status=status,
    )


def _follow(work: Work, event: Event, found: objects.Invoice, row: Invoice) -> None:
    """The grace periods that it opens and closes."""
    if event.type == FAILED and not (found.is_sent or found.is_first):
        note_failure(work, row, event.created_at)
    if found.is_sent:
        note_overdue(work, row.organization_id)
    if event.type in (FAILED, PAID) or found.is_sent:
        follow_payments(work, row.organization_id)


KIND = EventKind(
    tuple(SENTENCES), read, fetch, apply, look_up, shown_by, afterwards={FAILED: EXPLAIN_FAILURES}
)

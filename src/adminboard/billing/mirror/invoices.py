"""Stripe's invoices as our rows, with what of them was given back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from adminboard.billing.mirror.customers_of_ours import find_row, hold_row, lock_row
from adminboard.billing.mirror.mirrored import (
    Mirrored,
    is_outdated,
    read_word,
    unchanged,
    write_state,
)
from adminboard.billing.models import Invoice, InvoiceStatus, Refund, RefundStatus, Subscription
from adminboard.core.work import Work
from adminboard.stripe import objects

NOT_GIVEN_BACK = (RefundStatus.FAILED, RefundStatus.CANCELED)


def mirror_invoice(work: Work, found: objects.Invoice, state_at: datetime) -> Mirrored:
    """Makes our row what Stripe shows, unless it shows something newer; adds a missing one.

    An invoice may come before its subscription, whose own mirror then links it. What was given back follows
    from the refunds that are here. Locks the customer. Raises `CustomerUnknown`, `NeedsFetching`,
    `WordUnknown`.
    """
    row: Invoice | None
    organization, row = lock_row(work, Invoice.stripe_invoice_id, found.id, found.customer_id)
    if row is not None and is_outdated(row.stripe_state_at, state_at):
        return unchanged(row)
    values = {"organization_id": organization.id, **_values(work, found)}
    if row is None:
        row = Invoice(
            stripe_invoice_id=found.id, created_at=found.created_at, stripe_state_at=state_at, **values
        )
        work.session.add(row)
        work.session.flush()
        hold_row(work, Invoice.stripe_invoice_id, row)
        return Mirrored(row.id, row.organization_id, {}, {"stripe_invoice_id": found.id, **values})
    mirrored = write_state(work, row, values, state_at)
    if "amount_paid_cents" in mirrored.after:
        count_refunded(work, row.id)
    return mirrored


def count_refunded(work: Work, invoice_id: UUID) -> Mirrored:
    """Sets what of an invoice was given back to the sum of its refunds that did not fail; the caller holds
    the customer locked. Never more than was paid."""
    row = work.session.get_one(Invoice, invoice_id)
    given_back = select(func.coalesce(func.sum(Refund.amount_cents), 0)).where(
        Refund.invoice_id == invoice_id, Refund.status.not_in(NOT_GIVEN_BACK)
    )
    before = row.amount_refunded_cents
    after = min(int(work.session.scalar(given_back) or 0), row.amount_paid_cents)
    if before == after:
        return unchanged(row)
    row.amount_refunded_cents = after
    work.session.flush()
    name = "amount_refunded_cents"
    return Mirrored(row.id, row.organization_id, {name: before}, {name: after})


def _values(work: Work, found: objects.Invoice) -> Mapping[str, Any]:
    of = found.subscription_id
    subscription = find_row(work, Subscription.stripe_subscription_id, of) if of else None
    return {
        "subscription_id": subscription.id if subscription else None,
        "stripe_subscription_id": found.subscription_id,
        "number": found.number,
        "amount_due_cents": found.amount_due_cents,
        "amount_paid_cents": found.amount_paid_cents,
        "currency": found.currency,
        "status": read_word(InvoiceStatus, found.status, "an invoice"),
        "due_date": found.due_at,
        "paid_at": found.paid_at,
        "period_start": found.period_start,
        "period_end": found.period_end,
        "hosted_invoice_url": found.hosted_url,
        "invoice_pdf_url": found.pdf_url,
    }

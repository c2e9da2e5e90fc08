"""What paid the invoices, or failed to, and what was given back.

The database knows no payment intents and few charges. What it does not know gets an id made from the
invoice's, so that it is the same at every start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice, Refund, RefundStatus
from adminboard.demo.stand_in.customers import DECLINE_CODE
from adminboard.demo.stand_in.moments import seconds
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account

RETURNED = (RefundStatus.FAILED, RefundStatus.CANCELED)


def fill_payments(session: Session, account: Account) -> None:
    """After invoices."""
    charge_ids = _read_charge_ids(session)
    invoices = [
        invoice for invoice in account.invoices if invoice.amount_due and invoice.status in ("paid", "open")
    ]
    charges = {
        invoice.id: _charge_of(account, invoice, charge_ids.get(invoice.id, _like(invoice, "ch")))
        for invoice in invoices
    }
    refunds = list(_read_refunds(session, charges))
    refunded = Counter[str]()
    for refund in refunds:
        refunded[refund.charge] += 0 if refund.status in RETURNED else refund.amount
    for charge in charges.values():
        charge.amount_refunded = refunded[charge.id]
    account.charges.load(charges.values())
    account.payment_intents.load(_intent_of(invoice, charges[invoice.id]) for invoice in invoices)
    account.invoice_payments.load(map(_payment_of, invoices))
    account.refunds.load(refunds)


def _read_charge_ids(session: Session) -> dict[str, str]:
    """The charges that billing events name, by the ids of their invoices."""
    events = (
        select(BillingEvent.stripe_invoice_id, func.max(BillingEvent.stripe_charge_id))
        .where(BillingEvent.stripe_invoice_id.is_not(None), BillingEvent.stripe_charge_id.is_not(None))
        .group_by(BillingEvent.stripe_invoice_id)
    )
    return {str(invoice): str(charge) for invoice, charge in session.execute(events)}


def _charge_of(account: Account, invoice: records.Invoice, identifier: str) -> records.Charge:
    customer = account.customers.find(invoice.customer)
    is_paid = invoice.status == "paid"
    return records.Charge(
        id=identifier,
        created=invoice.paid_at or invoice.created,
        amount=invoice.amount_due,
        currency=invoice.currency,
        customer=invoice.customer,
        payment_intent=_like(invoice, "pi"),
        payment_method=customer.default_payment_method if customer else None,
        status="succeeded" if is_paid else "failed",
        decline_code=None if is_paid else DECLINE_CODE,
    )


def _intent_of(invoice: records.Invoice, charge: records.Charge) -> records.PaymentIntent:
    is_paid = invoice.status == "paid"
    return records.PaymentIntent(
        id=_like(invoice, "pi"),
        created=invoice.created,
        amount=invoice.amount_due,
        currency=invoice.currency,
        customer=invoice.customer,
        status="succeeded" if is_paid else "requires_payment_method",
        payment_method=charge.payment_method,
        latest_charge=charge.id,
        amount_received=invoice.amount_due if is_paid else 0,
        decline_code=charge.decline_code,
    )


def _payment_of(invoice: records.Invoice) -> records.InvoicePayment:
    is_paid = invoice.status == "paid"
    return records.InvoicePayment(
        id=_like(invoice, "inpay"),
        created=invoice.created,
        invoice=invoice.id,
        currency=invoice.currency,
        amount_requested=invoice.amount_due,
        amount_paid=invoice.amount_paid if is_paid else None,
        status="paid" if is_paid else "open",
        payment_intent=_like(invoice, "pi"),
        paid_at=invoice.paid_at,
    )


def _read_refunds(session: Session, charges: dict[str, records.Charge]) -> Iterator[records.Refund]:
    rows = session.execute(
        select(Refund, Invoice.stripe_invoice_id)
        .join(Invoice, Refund.invoice_id == Invoice.id)
        .where(Refund.stripe_refund_id.is_not(None))
    )
    for refund, invoice in rows:
        charge = charges.get(invoice)
        if charge is not None:
            yield records.Refund(
                id=refund.stripe_refund_id or "",
                created=seconds(refund.created_at),
                amount=refund.amount_cents,
                currency=refund.currency,
                charge=charge.id,
                payment_intent=charge.payment_intent,
                reason=refund.reason,
                status=refund.status,
            )


def _like(invoice: records.Invoice, prefix: str) -> str:
    return invoice.id.replace("in_", f"{prefix}_", 1)

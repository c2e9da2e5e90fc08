"""Invoices of the database as Stripe has them.

Each has one line, of the plan and quantity that its subscription has now.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, InvoiceStatus, Subscription
from adminboard.customers.models import Organization
from adminboard.demo.stand_in.moments import find_seconds, seconds
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account


def fill_invoices(session: Session, account: Account) -> None:
    """After subscriptions."""
    account.invoices.load(_read_invoices(session, account))


def _read_invoices(session: Session, account: Account) -> Iterator[records.Invoice]:
    rows = session.execute(
        select(Invoice, Organization.stripe_customer_id, Subscription.stripe_subscription_id)
        .join(Organization, Invoice.organization_id == Organization.id)
        .outerjoin(Subscription, Invoice.subscription_id == Subscription.id)
        .where(Organization.stripe_customer_id.is_not(None))
    )
    for invoice, customer, subscription in rows:
        assert customer is not None
        yield _invoice_of(invoice, customer, account.subscriptions.find(subscription or ""))


def _invoice_of(row: Invoice, customer: str, subscription: records.Subscription | None) -> records.Invoice:
    created, updated = seconds(row.created_at), seconds(row.updated_at)
    start, end = seconds(row.period_start, otherwise=created), seconds(row.period_end, otherwise=created)
    return records.Invoice(
        id=row.stripe_invoice_id,
        created=created,
        customer=customer,
        subscription=subscription.id if subscription else None,
        currency=row.currency,
        status=row.status,
        number=row.number,
        lines=_lines_of(row, subscription, start, end),
        total=row.amount_due_cents,
        amount_paid=row.amount_paid_cents,
        attempt_count=1 if row.status in (InvoiceStatus.PAID, InvoiceStatus.OPEN) else 0,
        billing_reason="subscription_cycle",
        due_date=find_seconds(row.due_date),
        period_start=start,
        period_end=end,
        finalized_at=None if row.status is InvoiceStatus.DRAFT else created,
        paid_at=find_seconds(row.paid_at),
        voided_at=updated if row.status is InvoiceStatus.VOID else None,
        marked_uncollectible_at=updated if row.status is InvoiceStatus.UNCOLLECTIBLE else None,
    )


def _lines_of(
    row: Invoice, subscription: records.Subscription | None, start: int, end: int
) -> list[records.InvoiceLine]:
    if subscription is None:
        return []
    [item] = subscription.items
    line = records.InvoiceLine(
        id=row.stripe_invoice_id.replace("in_", "il_"),
        created=start,
        description=f"{item.quantity} × {item.price}",
        amount=row.amount_due_cents,
        quantity=item.quantity,
        price=item.price,
        subscription_item=item.id,
        start=start,
        end=end,
    )
    return [line]

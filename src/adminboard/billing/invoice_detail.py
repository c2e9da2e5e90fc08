"""One invoice with everything its panel shows."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice, InvoiceStatus, Plan, Refund, Subscription
from adminboard.billing.refund_rules import count_on_the_way
from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask
from adminboard.customers.models import Organization

PAYMENT_FAILED = "invoice.payment_failed"
SHOWN_FAILURES = 5
MOST_REFUNDS = 100


class InvoiceUnknown(NotFound):
    """No invoice has this id, number or Stripe id."""

    title = "No such invoice"


@dataclass(frozen=True, slots=True)
class InvoiceRefund:
    """Money given back. ``requested_by`` is an admin's address, or names Stripe's dashboard."""

    id: UUID
    amount_cents: int
    currency: str
    status: str
    reason: str | None
    requested_by: str
    stripe_refund_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FailedPayment:
    """What Stripe told when a payment of the invoice failed."""

    id: UUID
    received_at: datetime
    notes: str | None


@dataclass(frozen=True, slots=True)
class InvoiceDetail:
    """Everything the panel shows. Amounts are in the minor unit of ``currency``.

    Stripe's own page of an invoice shows whom it is for, so its links are for readers of personal data.
    """

    id: UUID
    customer: Customer
    number: str | None
    status: str
    amount_due_cents: int
    amount_paid_cents: int
    amount_refunded_cents: int
    currency: str
    due_date: datetime | None
    paid_at: datetime | None
    period_start: datetime | None
    period_end: datetime | None
    hosted_invoice_url: str | None = field(metadata={"mask": Mask.HIDDEN})
    invoice_pdf_url: str | None = field(metadata={"mask": Mask.HIDDEN})
    stripe_invoice_id: str
    subscription_id: UUID | None
    subscription_status: str | None
    plan: str | None
    created_at: datetime
    refunds: tuple[InvoiceRefund, ...]
    failed_payments: tuple[FailedPayment, ...]
    refunds_on_the_way_cents: int
    """Decided, and nobody knows yet what comes of them."""

    @property
    def remaining_cents(self) -> int:
        """What is paid and not yet given back."""
        return self.amount_paid_cents - self.amount_refunded_cents

    @property
    def refundable_cents(self) -> int:
        """What can still be refunded."""
        is_final = self.status not in (InvoiceStatus.DRAFT, InvoiceStatus.VOID)
        return max(self.remaining_cents - self.refunds_on_the_way_cents, 0) if is_final else 0


def get_invoice_detail(session: Session, invoice_id: UUID) -> InvoiceDetail:
    """The panel of one invoice: four queries. Raises `InvoiceUnknown`."""
    row = session.execute(
        select(Invoice, Subscription.status, Plan.name, *CUSTOMER_COLUMNS)
        .join(Organization, Organization.id == Invoice.organization_id)
        .outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
        .outerjoin(Plan, Plan.id == Subscription.plan_id)
        .where(Invoice.id == invoice_id)
    ).one_or_none()
    if row is None:
        raise InvoiceUnknown(f"There is no invoice {invoice_id}.")
    invoice: Invoice = row[0]
    return InvoiceDetail(
        id=invoice.id,
        customer=Customer(*row[3:]),
        number=invoice.number,
        status=invoice.status,
        amount_due_cents=invoice.amount_due_cents,
        amount_paid_cents=invoice.amount_paid_cents,
        amount_refunded_cents=invoice.amount_refunded_cents,
        currency=invoice.currency,
        due_date=invoice.due_date,
        paid_at=invoice.paid_at,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        hosted_invoice_url=_as_link(invoice.hosted_invoice_url),
        invoice_pdf_url=_as_link(invoice.invoice_pdf_url),
        stripe_invoice_id=invoice.stripe_invoice_id,
        subscription_id=invoice.subscription_id,
        subscription_status=row[1],
        plan=row[2],
        created_at=invoice.created_at,
        refunds=_refunds(session, invoice.id),
        failed_payments=_failed_payments(session, invoice.stripe_invoice_id),
        refunds_on_the_way_cents=sum(count_on_the_way(session, invoice.id).values()),
    )


def _as_link(url: str | None) -> str | None:
    """An address that may stand behind a link, None for anything else that was stored as one."""
    return url if url is not None and url.startswith("https://") else None


def _refunds(session: Session, invoice_id: UUID) -> tuple[InvoiceRefund, ...]:
    """The refunds of the invoice, newest first; the limit is for what no person ever did."""
    rows = session.execute(
        select(
            Refund.id,
            Refund.amount_cents,
            Refund.currency,
            Refund.status,
            Refund.reason,
            Refund.requested_by,
            Refund.stripe_refund_id,
            Refund.created_at,
        )
        .where(Refund.invoice_id == invoice_id)
        .order_by(Refund.created_at.desc(), Refund.id.desc())
        .limit(MOST_REFUNDS)
    )
    return tuple(InvoiceRefund(*row) for row in rows)


def _failed_payments(session: Session, stripe_invoice_id: str) -> tuple[FailedPayment, ...]:
    """The latest failures that Stripe told of, newest first."""
    rows = session.execute(
        select(BillingEvent.id, BillingEvent.received_at, BillingEvent.notes)
        .where(
            BillingEvent.stripe_invoice_id == stripe_invoice_id,
            BillingEvent.event_type == PAYMENT_FAILED,
        )
        .order_by(BillingEvent.received_at.desc())
        .limit(SHOWN_FAILURES)
    )
    return tuple(FailedPayment(*row) for row in rows)


def find_invoice_id(session: Session, name: str) -> UUID:
    """The id of the invoice with this Stripe id, or with this number in any case. Raises `InvoiceUnknown`."""
    matches = or_(Invoice.stripe_invoice_id == name, func.lower(Invoice.number) == name.lower())
    found = session.scalar(select(Invoice.id).where(matches).order_by(Invoice.created_at.desc()).limit(1))
    if found is None:
        raise InvoiceUnknown(f"There is no invoice {name}.")
    return found

"""How a customer pays, in short: the ways that are good now, the default first, and what failed last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.expiry import shown_card_month, status_now
from adminboard.billing.invoice_detail import PAYMENT_FAILED
from adminboard.billing.models import Invoice, InvoiceStatus, PaymentMethod, PaymentMethodStatus
from adminboard.billing.short_invoices import ShortInvoice
from adminboard.core.work import moment

SHOWN_WAYS = 3
UNPAID = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


@dataclass(frozen=True, slots=True)
class ShownPaymentMethod:
    """``expires`` is a month like 2027-03."""

    id: UUID
    type: str
    brand: str | None
    last4: str | None
    expires: str | None
    status: str
    is_default: bool


def list_ways_to_pay(session: Session, organization_id: UUID) -> tuple[ShownPaymentMethod, ...]:
    """The default first, then those added last; without those that were taken away. One query by index."""
    values = {"organization_id": organization_id, "now": moment(session)}
    return tuple(ShownPaymentMethod(*row) for row in session.execute(_WAYS_TO_PAY, values).all())


_WAYS_TO_PAY = (
    select(
        PaymentMethod.id,
        PaymentMethod.type,
        PaymentMethod.brand,
        PaymentMethod.last4,
        shown_card_month(),
        status_now(),
        PaymentMethod.is_default,
    )
    .where(
        PaymentMethod.organization_id == bindparam("organization_id"),
        PaymentMethod.status != PaymentMethodStatus.DETACHED,
    )
    .order_by(PaymentMethod.is_default.desc(), PaymentMethod.created_at.desc(), PaymentMethod.id)
    .limit(SHOWN_WAYS)
)


@dataclass(frozen=True, slots=True)
class LastFailure:
    """The last payment that failed of an invoice which is still not paid. ``notes`` is Stripe's reason."""

    invoice_id: UUID
    number: str | None
    failed_at: datetime
    notes: str | None


def find_last_failure(session: Session, invoices: Iterable[ShortInvoice]) -> LastFailure | None:
    """Of these invoices. One query by index where one of them is unpaid, else none."""
    unpaid = [invoice.id for invoice in invoices if invoice.status in UNPAID]
    if not unpaid:
        return None
    row = session.execute(
        select(Invoice.id, Invoice.number, BillingEvent.received_at, BillingEvent.notes)
        .join(BillingEvent, BillingEvent.stripe_invoice_id == Invoice.stripe_invoice_id)
        .where(Invoice.id.in_(unpaid), BillingEvent.event_type == PAYMENT_FAILED)
        .order_by(BillingEvent.received_at.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else LastFailure(*row)

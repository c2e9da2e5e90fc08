"""One refund with everything its panel shows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.customer import CUSTOMER_COLUMNS, Customer
from adminboard.billing.models import Invoice, Refund
from adminboard.core.errors import NotFound
from adminboard.customers.models import Organization


class RefundUnknown(NotFound):
    """No refund has this id or Stripe id."""

    title = "No such refund"


@dataclass(frozen=True, slots=True)
class RefundDetail:
    """Everything the panel shows. Amounts are in the minor unit of ``currency``, which is the invoice's too.

    ``requested_by`` is an admin's address, or names Stripe's dashboard. A payment without an invoice can be
    given back too: the invoice is None then. ``failure_reason`` is Stripe's word.
    """

    id: UUID
    customer: Customer
    amount_cents: int
    currency: str
    reason: str | None
    status: str
    failure_reason: str | None
    requested_by: str
    stripe_refund_id: str | None
    created_at: datetime
    updated_at: datetime
    invoice_id: UUID | None
    invoice_number: str | None
    invoice_status: str | None
    invoice_paid_cents: int | None
    invoice_refunded_cents: int | None


def get_refund_detail(session: Session, refund_id: UUID) -> RefundDetail:
    """The panel of one refund: one query. Raises `RefundUnknown`."""
    row = session.execute(
        select(Refund, Invoice, *CUSTOMER_COLUMNS)
        .join(Organization, Organization.id == Refund.organization_id)
        .outerjoin(Invoice, Invoice.id == Refund.invoice_id)
        .where(Refund.id == refund_id)
    ).one_or_none()
    if row is None:
        raise RefundUnknown(f"There is no refund {refund_id}.")
    refund: Refund = row[0]
    invoice: Invoice | None = row[1]
    return RefundDetail(
        id=refund.id,
        customer=Customer(*row[2:]),
        amount_cents=refund.amount_cents,
        currency=refund.currency,
        reason=refund.reason,
        status=refund.status,
        failure_reason=refund.failure_reason,
        requested_by=refund.requested_by,
        stripe_refund_id=refund.stripe_refund_id,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
        invoice_id=refund.invoice_id,
        invoice_number=invoice.number if invoice else None,
        invoice_status=invoice.status if invoice else None,
        invoice_paid_cents=invoice.amount_paid_cents if invoice else None,
        invoice_refunded_cents=invoice.amount_refunded_cents if invoice else None,
    )


def find_refund_id(session: Session, name: str) -> UUID:
    """The id of the refund with this Stripe id. Raises `RefundUnknown`."""
    found = session.scalar(select(Refund.id).where(Refund.stripe_refund_id == name))
    if found is None:
        raise RefundUnknown(f"There is no refund {name}.")
    return found

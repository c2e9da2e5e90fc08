"""The latest invoices of a subscription or a customer, as other panels name them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice

SHOWN_INVOICES = 5


@dataclass(frozen=True, slots=True)
class ShortInvoice:
    """``amount_due_cents`` is in the minor unit of ``currency``."""

    id: UUID
    number: str | None
    amount_due_cents: int
    currency: str
    status: str
    created_at: datetime


def find_last_invoices(session: Session, *conditions: ColumnElement[bool]) -> tuple[ShortInvoice, ...]:
    """The newest five invoices that meet the conditions. One query."""
    return tuple(ShortInvoice(*row) for row in session.execute(_NEWEST.where(*conditions)).all())


_NEWEST = (
    select(
        Invoice.id,
        Invoice.number,
        Invoice.amount_due_cents,
        Invoice.currency,
        Invoice.status,
        Invoice.created_at,
    )
    .order_by(Invoice.created_at.desc(), Invoice.id.desc())
    .limit(SHOWN_INVOICES)
)

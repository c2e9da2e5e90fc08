"""Stripe's refunds as our rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from adminboard.billing.mirror.customers_of_ours import find_row, lock_customer
from adminboard.billing.mirror.invoices import count_refunded
from adminboard.billing.mirror.mirrored import (
    Mirrored,
    NeedsFetching,
    find_word,
    read_word,
    write_state,
)
from adminboard.billing.models import Invoice, Refund, RefundReason, RefundStatus
from adminboard.billing.refund_rules import find_asker
from adminboard.core.work import Work
from adminboard.stripe import objects

STRIPE_DASHBOARD = "Stripe dashboard"
"""Who asked for a refund that the board did not make."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose payment a refund gives back, and of which invoice, if of any: Stripe's ids. A refund does not
    say either by itself."""

    customer_id: str | None
    invoice_id: str | None


def mirror_refund(
    work: Work,
    found: objects.Refund,
    state_at: datetime,
    *,
    origin: Origin | None = None,
    requested_by: str | None = None,
) -> Mirrored:
    """Makes our row what Stripe shows, unless it shows something newer; adds a missing one; and brings the
    invoice's refunded amount to the sum of its refunds.

    A row that is not here yet needs its ``origin``, whose invoice must be here; without one it raises
    `NeedsFetching` (of the same moment). ``requested_by`` names whoever asked for it, whenever that becomes
    known. Locks the customer. Raises `CustomerUnknown` too, and `WordUnknown`.
    """
    known = select(Refund.organization_id).where(Refund.stripe_refund_id == found.id)
    of = work.session.scalar(known)
    if of is None and origin is None:
        raise NeedsFetching(state_at)
    organization = lock_customer(work, origin.customer_id if origin else None, or_of=of)
    row: Refund | None = find_row(work, Refund.stripe_refund_id, found.id)
    values = _values(found)
    invoice_id = _find_invoice(work, origin)
    if invoice_id is not None:
        values = {**values, "invoice_id": invoice_id}
    mirrored = (
        write_state(work, row, values, state_at)
        if row is not None
        else _add(work, found, {"organization_id": organization.id, **values}, state_at)
    )
    row = work.session.get_one(Refund, mirrored.record_id)
    if requested_by is not None and row.requested_by != requested_by:
        row.requested_by = requested_by
        work.session.flush()
    if row.invoice_id is not None:
        count_refunded(work, row.invoice_id)
    return mirrored


def _values(found: objects.Refund) -> Mapping[str, Any]:
    return {
        "amount_cents": found.amount_cents,
        "currency": found.currency,
        "reason": find_word(RefundReason, found.reason),
        "failure_reason": found.failure_reason,
        "status": read_word(RefundStatus, found.status, "a refund"),
    }


def _find_invoice(work: Work, origin: Origin | None) -> UUID | None:
    if origin is None or origin.invoice_id is None:
        return None
    return work.session.scalar(select(Invoice.id).where(Invoice.stripe_invoice_id == origin.invoice_id))


def _find_asker(work: Work, found: objects.Refund) -> str | None:
    """Who asked the board for it: an event can tell of a refund whose call still waits for its answer."""
    return find_asker(work.session, found.key) if found.key else None


def _add(work: Work, found: objects.Refund, values: Mapping[str, Any], state_at: datetime) -> Mirrored:
    row = Refund(
        stripe_refund_id=found.id,
        requested_by=_find_asker(work, found) or STRIPE_DASHBOARD,
        created_at=found.created_at,
        stripe_state_at=state_at,
        **values,
    )
    work.session.add(row)
    work.session.flush()
    return Mirrored(row.id, row.organization_id, {}, {"stripe_refund_id": found.id, **values})

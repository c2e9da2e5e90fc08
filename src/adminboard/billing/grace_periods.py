"""Grace periods as payments open and close them (docs/adr/0011)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_rules import Due, Failure, Held, Payment, due_periods, find_recovery
from adminboard.billing.grace_writing import drop_period, recover_period, write_period
from adminboard.billing.models import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from adminboard.core.thresholds import Threshold, get_threshold
from adminboard.core.work import Work

OPEN, LAPSED, RECOVERED = GracePeriodStatus.OPEN, GracePeriodStatus.LAPSED, GracePeriodStatus.RECOVERED
BEHIND = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.CANCELED)
"""A subscription of these statuses may have an invoice that was not paid by the day it was due."""
GIVEN_UP = (InvoiceStatus.VOID, InvoiceStatus.UNCOLLECTIBLE)
Periods = Mapping[UUID, GracePeriod]
"""Those that payments alone decide about, by the invoice that opened them."""


def note_failure(work: Work, invoice: Invoice, failed_at: datetime) -> None:
    """Keeps when collecting the invoice first failed, whichever failure is heard of first."""
    if invoice.payment_failed_at is None or failed_at < invoice.payment_failed_at:
        invoice.payment_failed_at = failed_at
        work.session.flush()


def note_overdue(work: Work, organization_id: UUID) -> None:
    """Keeps that an invoice which was sent, to be paid by a day, failed on that day where it was not paid by
    then. Stripe tells of no failure of such a one, only that its subscription is past due.

    Follows from what is known of the invoices and their subscriptions, whichever was heard of first. Of an
    invoice that we know open from before the day, its subscription tells that it still was. Once kept it
    stays, whatever becomes of the subscription, unless it was paid or given up in time after all. What failed
    so long ago that its grace would be over is left as it was told then: nobody had time by it.
    """
    due, since = Invoice.due_date, Invoice.stripe_state_at
    is_paid, is_given_up = Invoice.status == InvoiceStatus.PAID, Invoice.status.in_(GIVEN_UP)
    is_behind = and_(Subscription.status.in_(BEHIND), Subscription.stripe_state_at >= due)
    is_overdue = or_(
        and_(is_paid, Invoice.paid_at > due),
        and_(Invoice.status == InvoiceStatus.OPEN, or_(since >= due, is_behind)),
        and_(is_given_up, since >= due),
    )
    in_time = func.coalesce(or_(and_(is_paid, Invoice.paid_at <= due), and_(is_given_up, since < due)), False)
    usual = timedelta(days=get_threshold(work.session, Threshold.GRACE_PERIOD_DAYS))
    is_new = and_(Invoice.payment_failed_at.is_(None), is_overdue, due > work.now() - usual)
    moved = _invoices(Invoice, in_time).where(
        Invoice.organization_id == organization_id,
        Invoice.stripe_subscription_id.is_not(None),
        or_(is_new, and_(Invoice.payment_failed_at == due, in_time)),
    )
    for invoice, is_in_time in work.session.execute(moved).all():
        invoice.payment_failed_at = None if is_in_time else invoice.due_date
    work.session.flush()


def follow_payments(work: Work, organization_id: UUID) -> None:
    """Brings the customer's grace periods to what their invoices ask for: opens, recovers, and corrects what
    was written before an earlier failure or payment was heard of. The caller holds the customer locked."""
    failed = {row.id: row for row in work.session.execute(_failed_invoices(organization_id))}
    rows = list_periods(work, organization_id)
    if not failed and not any(row.status is OPEN for row in rows):
        return
    payments = [Payment(*row) for row in work.session.execute(_paid_invoices(organization_id))]
    held = [row for row in rows if is_held(row)]
    ours = {row.invoice_id: row for row in rows if row.invoice_id is not None and not is_held(row)}
    _recover_held(work, held, payments, failed)
    due = due_periods(
        [Failure(row.id, row.subscription, row.payment_failed_at) for row in failed.values()],
        payments,
        [Held(row.invoice_id, row.starts_at, row.ends_at) for row in held],
        _durations(work, ours),
    )
    _write(work, organization_id, [(item, _reason(failed[item.invoice_id])) for item in due], ours, held)


def list_periods(work: Work, organization_id: UUID) -> Sequence[GracePeriod]:
    """All of a customer, as they now are, oldest first."""
    theirs = select(GracePeriod).where(GracePeriod.organization_id == organization_id)
    in_order = theirs.order_by(GracePeriod.starts_at, GracePeriod.id)
    return work.session.scalars(in_order.execution_options(populate_existing=True)).all()


def is_held(row: GracePeriod) -> bool:
    """Whether staff opened it or said when it ends: payments no longer move it, they only end it."""
    return row.is_set_by_hand or row.invoice_id is None


def _recover_held(
    work: Work, held: Sequence[GracePeriod], payments: Sequence[Payment], failed: Mapping[UUID, Row[Any]]
) -> None:
    for row in held:
        if row.status is OPEN:
            invoice = failed.get(row.invoice_id) if row.invoice_id else None
            paid_at = find_recovery(
                payments,
                row.invoice_id,
                invoice.subscription if invoice else None,
                row.starts_at,
                row.ends_at,
            )
            if paid_at is not None:
                recover_period(work, row, paid_at)


def _durations(work: Work, ours: Periods) -> Any:
    """A period keeps the length it was opened with, whatever Settings says since."""
    usual = timedelta(days=get_threshold(work.session, Threshold.GRACE_PERIOD_DAYS))
    kept = {invoice_id: row.ends_at - row.starts_at for invoice_id, row in ours.items()}
    return lambda invoice_id: kept.get(invoice_id, usual)


def _write(
    work: Work,
    organization_id: UUID,
    due: Sequence[tuple[Due, str]],
    ours: Periods,
    held: Sequence[GracePeriod],
) -> None:
    """Gives each its row: its own, one that is not due any more, or a new one. What is to be open comes
    last, because an index allows one open period."""
    wanted = {item.invoice_id for item, _ in due}
    spare = [row for invoice_id, row in ours.items() if invoice_id not in wanted]
    opened_by_hand = max((row.starts_at for row in held if row.status is OPEN), default=None)
    changes = []
    for number, (item, reason) in enumerate(due, start=1):
        row = ours.get(item.invoice_id) or (spare.pop(0) if spare else None)
        is_followed = number < len(due) or (opened_by_hand is not None and opened_by_hand >= item.starts_at)
        values = {
            "invoice_id": item.invoice_id,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
            "reason": reason,
            "status": _status(item, row, is_followed=is_followed),
        }
        changes.append((row, values, item.recovered_at))
    for left in spare:
        drop_period(work, left)
    for row, values, recovered_at in sorted(changes, key=lambda change: change[1]["status"] is OPEN):
        write_period(work, organization_id, row, values, recovered_at)


def _reason(invoice: Row[Any]) -> str:
    if invoice.payment_failed_at == invoice.due_date:
        return f"Invoice {invoice.named} was not paid by the day it was due"
    return f"Payment of invoice {invoice.named} failed"


def _status(due: Due, row: GracePeriod | None, *, is_followed: bool) -> GracePeriodStatus:
    """What is over without a payment is marked lapsed by its job, unless another has begun since."""
    if due.recovered_at is not None:
        return RECOVERED
    has_lapsed = row is not None and row.status is LAPSED and row.ends_at == due.ends_at
    return LAPSED if has_lapsed or is_followed else OPEN


def _failed_invoices(organization_id: UUID) -> Select[Any]:
    return _invoices(
        Invoice.id,
        _subscription(),
        Invoice.payment_failed_at,
        Invoice.due_date,
        func.coalesce(Invoice.number, Invoice.stripe_invoice_id).label("named"),
    ).where(Invoice.organization_id == organization_id, Invoice.payment_failed_at.is_not(None))


def _paid_invoices(organization_id: UUID) -> Select[Any]:
    return _invoices(Invoice.id, _subscription(), Invoice.paid_at).where(
        Invoice.organization_id == organization_id,
        Invoice.status == InvoiceStatus.PAID,
        Invoice.paid_at.is_not(None),
    )


def _invoices(*columns: Any) -> Select[Any]:
    return select(*columns).outerjoin(Subscription, Subscription.id == Invoice.subscription_id)


def _subscription() -> Any:
    """Stripe's id, which an invoice knows before its subscription has come here."""
    known = func.coalesce(Invoice.stripe_subscription_id, Subscription.stripe_subscription_id)
    return known.label("subscription")

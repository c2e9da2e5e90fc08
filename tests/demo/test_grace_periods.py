"""The grace periods of the seed are those that its invoices ask for."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod
from adminboard.billing.grace_periods import follow_payments
from adminboard.billing.mirror.invoices import count_refunded
from adminboard.billing.models import Invoice, Refund
from adminboard.core.actor import system_actor
from adminboard.core.thresholds import Defaults
from adminboard.core.work import Work, situate
from adminboard.settings import Settings
from tests.factories import START


def make_work(session: Session) -> Work:
    """One that is never sealed: what it writes is rolled back with the session."""
    situate(session, system_actor("a test"), START)
    session.info["defaults"] = Defaults.from_settings(Settings(secret_key="s" * 32))
    return Work(session, system_actor("a test"), START)


def test_following_the_payments_changes_none(filled: Session) -> None:
    work = make_work(filled)
    payers = filled.scalars(select(GracePeriod.organization_id).distinct()).all()
    assert payers
    shown = select(GracePeriod.id, GracePeriod.starts_at, GracePeriod.ends_at, GracePeriod.status)
    in_order = shown.order_by(GracePeriod.id)
    before = filled.execute(in_order).all()
    for payer in payers:
        follow_payments(work, payer)
    assert filled.execute(in_order).all() == before
    assert work._drafts == []


def test_what_was_given_back_is_the_sum_of_the_refunds(filled: Session) -> None:
    work = make_work(filled)
    refunded = filled.scalars(
        select(Refund.invoice_id).where(Refund.invoice_id.is_not(None)).distinct()
    ).all()
    assert len(refunded) > 0
    changed = [
        invoice_id for invoice_id in refunded if invoice_id and count_refunded(work, invoice_id).changed
    ]
    assert changed == []
    without = select(func.count()).where(Invoice.amount_refunded_cents > 0, Invoice.id.not_in(refunded))
    assert filled.scalar(without) == 0

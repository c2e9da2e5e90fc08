"""Invoices, and the grace periods that their payments open and close, as Stripe's events tell of them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.models import Invoice, Subscription
from adminboard.core.audit_models import AuditEntry
from tests.stand_in import Control
from tests.webhooks.kinds.conftest import Listener, Scene


@pytest.fixture
def unpaid(scene: Scene, control: Control) -> str:
    """A renewal that could not be collected, a month after the subscription began: its invoice."""
    made = scene.subscribe()
    control("decline", payment_method=scene.card, decline_code="insufficient_funds")
    control("clock", days=32)
    invoice = scene.client.v1.subscriptions.retrieve(made.id).latest_invoice
    assert isinstance(invoice, str)
    return invoice


def invoice_of(session: Session, stripe_id: str) -> Invoice:
    session.expire_all()
    return session.scalars(select(Invoice).where(Invoice.stripe_invoice_id == stripe_id)).one()


def periods(session: Session) -> list[GracePeriod]:
    session.expire_all()
    return list(session.scalars(select(GracePeriod).order_by(GracePeriod.starts_at)))


def test_a_final_invoice_is_added_and_paid(session: Session, scene: Scene, listener: Listener) -> None:
    made = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    listener.hear_last("invoice.finalized")
    told = listener.hear_last("invoice.paid")
    assert isinstance(made.latest_invoice, str)
    row = invoice_of(session, made.latest_invoice)
    assert (row.status, row.amount_due_cents, row.amount_paid_cents, row.currency) == (
        "paid",
        3 * 7900,
        3 * 7900,
        "usd",
    )
    assert row.organization_id == scene.organization.id
    assert row.subscription_id == session.scalars(select(Subscription.id)).one()
    assert (told.stripe_invoice_id, told.amount_cents, told.status) == (made.latest_invoice, 3 * 7900, "paid")
    assert periods(session) == []


def test_an_invoice_that_comes_before_its_subscription_is_linked_later(
    session: Session, scene: Scene, listener: Listener
) -> None:
    made = scene.subscribe()
    listener.hear_last("invoice.paid")
    assert isinstance(made.latest_invoice, str)
    assert invoice_of(session, made.latest_invoice).subscription_id is None
    listener.hear_last("customer.subscription.created")
    assert invoice_of(session, made.latest_invoice).subscription_id is not None


def test_a_failed_payment_opens_a_grace_period(session: Session, unpaid: str, listener: Listener) -> None:
    told = listener.hear_last("invoice.payment_failed")
    (period,) = periods(session)
    failed_at = listener.events("invoice.payment_failed")[-1].created_at
    assert (period.status, period.starts_at, period.ends_at) == (
        GracePeriodStatus.OPEN,
        failed_at,
        failed_at + timedelta(days=7),
    )
    row = invoice_of(session, unpaid)
    assert (row.status, row.payment_failed_at, period.invoice_id) == ("open", failed_at, row.id)
    assert period.reason == f"Payment of invoice {row.number} failed"
    assert (told.status, told.amount_cents) == ("open", 3 * 7900)
    assert session.scalars(select(AuditEntry.action)).all().count("grace_periods.open") == 1


def test_a_first_payment_that_fails_opens_none(
    session: Session, scene: Scene, control: Control, listener: Listener
) -> None:
    control("decline", payment_method=scene.card, decline_code="insufficient_funds")
    assert scene.subscribe().status == "incomplete"
    listener.hear_all(listener.events())
    assert listener.events("invoice.payment_failed") != []
    assert periods(session) == []


def test_further_failures_do_not_extend_it(
    session: Session, unpaid: str, listener: Listener, control: Control
) -> None:
    listener.hear_last("invoice.payment_failed")
    (before,) = [period.ends_at for period in periods(session)]
    control("clock", days=20)
    failures = listener.events("invoice.payment_failed")
    assert len(failures) == 4
    listener.hear_all(failures[1:])
    (period,) = periods(session)
    assert (period.ends_at, period.status) == (before, GracePeriodStatus.OPEN)


def test_a_paid_invoice_closes_it_as_recovered(
    session: Session, unpaid: str, listener: Listener, control: Control
) -> None:
    listener.hear_last("invoice.payment_failed")
    control("clock", days=1)
    control("pay", invoice=unpaid)
    listener.hear_last("invoice.paid")
    (period,) = periods(session)
    assert period.status is GracePeriodStatus.RECOVERED
    assert invoice_of(session, unpaid).status == "paid"
    assert "grace_periods.recover" in session.scalars(select(AuditEntry.action)).all()


def test_a_failure_heard_of_after_its_payment_leaves_a_recovered_period(
    session: Session, unpaid: str, listener: Listener, control: Control
) -> None:
    control("clock", days=1)
    control("pay", invoice=unpaid)
    listener.hear_last("invoice.paid")
    listener.hear_last("invoice.payment_failed")
    (period,) = periods(session)
    assert period.status is GracePeriodStatus.RECOVERED
    assert invoice_of(session, unpaid).status == "paid"


def test_a_failure_and_its_payment_in_one_second(
    session: Session, unpaid: str, listener: Listener, control: Control
) -> None:
    control("fail", invoice=unpaid)
    control("pay", invoice=unpaid)
    listener.hear_all(listener.events("invoice.payment_failed", "invoice.paid")[::-1])
    assert [period.status for period in periods(session)] == [GracePeriodStatus.RECOVERED]


@pytest.fixture
def overdue(scene: Scene, control: Control) -> str:
    """An invoice that was sent, to be paid within 10 days, 11 days ago."""
    made = scene.subscribe(days_until_due=10)
    control("clock", days=11)
    assert isinstance(made.latest_invoice, str)
    return made.latest_invoice


def test_an_invoice_that_was_sent_and_not_paid_by_its_day_opens_one(
    session: Session, overdue: str, listener: Listener
) -> None:
    listener.hear_last("customer.subscription.created")
    listener.hear_last("invoice.finalized")
    assert periods(session) == []
    listener.hear_last("customer.subscription.updated")
    row = invoice_of(session, overdue)
    (period,) = periods(session)
    assert row.due_date is not None
    assert (period.status, period.starts_at, period.ends_at, period.invoice_id) == (
        GracePeriodStatus.OPEN,
        row.due_date,
        row.due_date + timedelta(days=7),
        row.id,
    )
    assert period.reason == f"Invoice {row.number} was not paid by the day it was due"
    assert session.scalars(select(AuditEntry.action)).all().count("grace_periods.open") == 1


def test_a_card_that_declines_before_an_invoice_is_due_opens_none(
    session: Session, scene: Scene, control: Control, listener: Listener
) -> None:
    made = scene.subscribe(days_until_due=10)
    control("clock", days=1)
    control("fail", invoice=str(made.latest_invoice))
    listener.hear_all(listener.events())
    assert periods(session) == []
    control("clock", days=10)
    listener.hear_all(listener.events())
    assert [period.starts_at for period in periods(session)] == [
        invoice_of(session, str(made.latest_invoice)).due_date
    ]


def test_what_was_paid_in_time_but_heard_of_late_opens_none(
    session: Session, scene: Scene, control: Control, listener: Listener
) -> None:
    """Another invoice is why the subscription is past due."""
    made = scene.subscribe(days_until_due=10)
    first = str(made.latest_invoice)
    control("clock", days=5)
    control("pay", invoice=first)
    others, paid = listener.events(), listener.events("invoice.paid")
    control("clock", days=37)
    second = str(scene.client.v1.subscriptions.retrieve(made.id).latest_invoice)
    listener.hear_all([event for event in others if event not in paid] + listener.events())
    assert len(periods(session)) == 2
    listener.hear_all(paid)
    assert [period.invoice_id for period in periods(session)] == [invoice_of(session, second).id]


@pytest.mark.parametrize(
    ("call", "status"), [("void_invoice", "void"), ("mark_uncollectible", "uncollectible")]
)
def test_an_invoice_given_up(
    session: Session, unpaid: str, listener: Listener, control: Control, scene: Scene, call: str, status: str
) -> None:
    listener.hear_last("invoice.payment_failed")
    control("clock", days=1)
    getattr(scene.client.v1.invoices, call)(unpaid)
    kind = {"void": "invoice.voided", "uncollectible": "invoice.marked_uncollectible"}[status]
    told = listener.hear_last(kind)
    assert invoice_of(session, unpaid).status == status
    assert (told.previous_status, told.status) == ("open", status)
    assert [period.status for period in periods(session)] == [GracePeriodStatus.OPEN]


def test_a_payment_to_be_confirmed_is_a_failed_one_once(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    scene.subscribe()
    control("decline", payment_method=scene.card, decline_code="authentication_required")
    control("clock", days=32)
    listener.hear_last("invoice.payment_action_required")
    assert periods(session) == []
    listener.hear_last("invoice.payment_failed")
    assert len(periods(session)) == 1


def test_its_length_is_the_one_in_force(session: Session, unpaid: str, listener: Listener) -> None:
    with_days: Any = listener.runtime.settings
    listener.runtime.settings = with_days.model_copy(update={"grace_period_days": 14})
    listener.hear_last("invoice.payment_failed")
    (period,) = periods(session)
    assert period.ends_at - period.starts_at == timedelta(days=14)

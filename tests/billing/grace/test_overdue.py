"""Invoices that were sent and not paid by their day: what is kept of it, and what opens nothing any more."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_periods import follow_payments, note_overdue
from adminboard.billing.models import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.customers.models import Organization
from adminboard.runtime import Runtime
from tests.factories import START, make_invoice

DAY = timedelta(days=1)


def send(session: Session, customer: Organization, **fields: Any) -> Invoice:
    """An invoice of the customer's subscription, which is past due since three days."""
    subscription = session.scalars(select(Subscription)).one()
    subscription.stripe_state_at = START - DAY
    defaults = {
        "due_date": START - 3 * DAY,
        "stripe_state_at": START - 20 * DAY,
        "status": InvoiceStatus.OPEN,
        "amount_paid_cents": 0,
    }
    return make_invoice(
        session,
        organization_id=customer.id,
        subscription_id=subscription.id,
        stripe_subscription_id=subscription.stripe_subscription_id,
        **{**defaults, **fields},
    )


def follow(runtime: Runtime, customer: Organization) -> None:
    with runtime.work(system_actor("test")) as work:
        note_overdue(work, customer.id)
        follow_payments(work, customer.id)
        work.audit("customers.follow", Target("customer", str(customer.id), customer.name), "Followed")


def see(session: Session) -> list[tuple[GracePeriodStatus, datetime]]:
    session.expire_all()
    rows = session.scalars(select(GracePeriod).order_by(GracePeriod.starts_at))
    return [(row.status, row.starts_at) for row in rows]


def test_what_was_not_paid_by_its_day_stays_so_when_the_subscription_is_paid_again(
    session: Session, runtime: Runtime, customer: Organization
) -> None:
    send(session, customer)
    follow(runtime, customer)
    assert see(session) == [(GracePeriodStatus.OPEN, START - 3 * DAY)]
    session.scalars(select(Subscription)).one().status = SubscriptionStatus.ACTIVE
    session.flush()
    follow(runtime, customer)
    assert see(session) == [(GracePeriodStatus.OPEN, START - 3 * DAY)]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": InvoiceStatus.PAID, "paid_at": START - 80 * DAY, "amount_paid_cents": 4900},
        {"status": InvoiceStatus.OPEN, "stripe_state_at": START - 60 * DAY},
        {"status": InvoiceStatus.VOID, "stripe_state_at": START - 60 * DAY},
    ],
)
def test_what_was_late_long_ago_opens_nothing_now(
    session: Session, runtime: Runtime, customer: Organization, fields: dict[str, Any]
) -> None:
    send(session, customer, due_date=START - 100 * DAY, **fields)
    follow(runtime, customer)
    assert see(session) == []


def test_what_is_heard_to_be_paid_in_time_has_not_failed(
    session: Session, runtime: Runtime, customer: Organization
) -> None:
    invoice = send(session, customer)
    follow(runtime, customer)
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, START - 4 * DAY
    invoice.amount_paid_cents = invoice.amount_due_cents
    session.flush()
    follow(runtime, customer)
    assert see(session) == []

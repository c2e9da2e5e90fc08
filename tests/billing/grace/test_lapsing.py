"""Grace periods whose end has come are marked lapsed, once, and people hear of it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import (
    BillingEvent,
    GracePeriod,
    GracePeriodStatus,
    ProcessingStatus,
)
from adminboard.billing.grace_periods import follow_payments
from adminboard.billing.grace_writing import PAID_IN_TIME
from adminboard.billing.lapsing import PERIODS_PER_BATCH, lapse_grace_periods
from adminboard.billing.mirror.customers_of_ours import lock_organization
from adminboard.billing.models import InvoiceStatus, Subscription, SubscriptionStatus
from adminboard.core.actor import system_actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Setting
from adminboard.core.permissions import Permission
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.notifications.catalogue import get_notification
from adminboard.runtime import Runtime
from tests.billing.grace.conftest import OpenPeriod
from tests.factories import START, make_billing_event, make_grace_period, make_invoice


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)))


def switch_suspension_on(session: Session) -> None:
    session.add(Setting(key="suspend_when_grace_ends", value=True, updated_at=START, updated_by="a test"))
    session.flush()


def test_what_is_over_is_marked_once(
    session: Session, runtime: Runtime, clock: MovableClock, open_period: OpenPeriod
) -> None:
    period = open_period()
    make_grace_period(session, ends_at=START + timedelta(days=9))
    clock.set(period.ends_at)
    assert lapse_grace_periods(runtime) == 1
    assert lapse_grace_periods(runtime) == 0
    session.expire_all()
    assert session.get_one(GracePeriod, period.id).status is GracePeriodStatus.LAPSED
    assert actions(session) == ["grace_periods.lapse"]
    event = session.scalars(select(BillingEvent)).one()
    assert (event.event_type, event.source, event.previous_status, event.status) == (
        "grace_periods.lapse",
        "manual",
        "open",
        "lapsed",
    )
    assert event.stripe_customer_id == "cus_acme"


def test_what_is_not_over_is_left(session: Session, runtime: Runtime, open_period: OpenPeriod) -> None:
    period = open_period(ends_at=START + timedelta(microseconds=1))
    assert lapse_grace_periods(runtime) == 0
    session.expire_all()
    assert session.get_one(GracePeriod, period.id).status is GracePeriodStatus.OPEN


def test_nobody_is_suspended_unless_the_setting_says_so(
    session: Session, runtime: Runtime, customer: Organization, open_period: OpenPeriod
) -> None:
    open_period(ends_at=START)
    lapse_grace_periods(runtime)
    session.expire_all()
    assert session.get_one(Organization, customer.id).status is OrganizationStatus.ACTIVE


def test_whoever_has_not_paid_is_suspended_where_it_does(
    session: Session, runtime: Runtime, customer: Organization, open_period: OpenPeriod
) -> None:
    switch_suspension_on(session)
    open_period(ends_at=START)
    lapse_grace_periods(runtime)
    session.expire_all()
    row = session.get_one(Organization, customer.id)
    assert (row.status, row.suspended_at) == (OrganizationStatus.SUSPENDED, START)
    assert row.suspension_reason == (
        "The grace period ended on 15 January 2026 at 12:00 UTC without a payment."
    )
    assert actions(session) == ["grace_periods.lapse", "customers.suspend"]
    kinds = session.scalars(select(BillingEvent.event_type).order_by(BillingEvent.event_type)).all()
    assert kinds == ["customers.suspend", "grace_periods.lapse"]


@pytest.mark.parametrize("status", [SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING])
def test_whoever_pays_after_all_is_not_suspended(
    session: Session,
    runtime: Runtime,
    customer: Organization,
    open_period: OpenPeriod,
    status: SubscriptionStatus,
) -> None:
    switch_suspension_on(session)
    session.scalars(select(Subscription)).one().status = status
    open_period(ends_at=START)
    lapse_grace_periods(runtime)
    session.expire_all()
    assert session.get_one(Organization, customer.id).status is OrganizationStatus.ACTIVE


@pytest.mark.parametrize("status", [InvoiceStatus.VOID, InvoiceStatus.OPEN])
def test_who_owes_nothing_any_more_is_not_suspended(
    session: Session, runtime: Runtime, customer: Organization, open_period: OpenPeriod, status: InvoiceStatus
) -> None:
    switch_suspension_on(session)
    session.scalars(select(Subscription)).one().status = SubscriptionStatus.INCOMPLETE_EXPIRED
    make_invoice(session, organization_id=customer.id, status=status, payment_failed_at=START, paid_at=None)
    open_period(ends_at=START)
    lapse_grace_periods(runtime)
    session.expire_all()
    owes = status is InvoiceStatus.OPEN
    expected = OrganizationStatus.SUSPENDED if owes else OrganizationStatus.ACTIVE
    assert session.get_one(Organization, customer.id).status is expected


WAITING = [
    ("received", 0, START),
    ("processing", 0, START + timedelta(minutes=10)),
    ("failed", 3, START + timedelta(minutes=20)),
]


@pytest.mark.parametrize(("status", "attempts", "next_attempt_at"), WAITING)
def test_while_an_event_of_theirs_waits_nothing_is_decided(
    session: Session,
    runtime: Runtime,
    clock: MovableClock,
    customer: Organization,
    open_period: OpenPeriod,
    status: str,
    attempts: int,
    next_attempt_at: datetime,
) -> None:
    """It may be the payment. Others are not kept waiting for it."""
    switch_suspension_on(session)
    period = open_period(ends_at=START)
    over = {"starts_at": START - timedelta(days=7), "ends_at": START}
    others = [make_grace_period(session, **over) for _ in range(PERIODS_PER_BATCH)]
    event = make_billing_event(
        session,
        stripe_customer_id="cus_acme",
        processing_status=status,
        attempts=attempts,
        next_attempt_at=next_attempt_at,
    )

    assert lapse_grace_periods(runtime) == len(others)

    session.expire_all()
    assert session.get_one(GracePeriod, period.id).status is GracePeriodStatus.OPEN
    assert session.get_one(Organization, customer.id).status is OrganizationStatus.ACTIVE
    event.processing_status, event.next_attempt_at = ProcessingStatus.PROCESSED, None
    session.flush()
    clock.advance(timedelta(minutes=1))
    assert lapse_grace_periods(runtime) == 1
    session.expire_all()
    assert session.get_one(Organization, customer.id).status is OrganizationStatus.SUSPENDED


@pytest.mark.parametrize(
    ("whose", "status"), [("cus_acme", "failed"), ("cus_acme", "processed"), ("cus_other", "received")]
)
def test_what_will_not_be_applied_any_more_or_is_not_theirs_keeps_nobody_waiting(
    session: Session, runtime: Runtime, open_period: OpenPeriod, whose: str, status: str
) -> None:
    open_period(ends_at=START)
    make_billing_event(
        session,
        stripe_customer_id=whose,
        processing_status=status,
        next_attempt_at=START if status == "received" else None,
    )
    assert lapse_grace_periods(runtime) == 1


@pytest.mark.parametrize("is_by_the_lapse", [True, False])
def test_who_may_activate_is_told_where_the_payment_is_heard_of_after_the_suspension(
    session: Session, runtime: Runtime, customer: Organization, open_period: OpenPeriod, is_by_the_lapse: bool
) -> None:
    switch_suspension_on(session)
    invoice = make_invoice(
        session,
        organization_id=customer.id,
        stripe_subscription_id="sub_acme",
        payment_failed_at=START - timedelta(days=7),
    )
    period = open_period(
        invoice_id=invoice.id,
        starts_at=START - timedelta(days=7),
        ends_at=START,
        reason=f"Payment of invoice {invoice.number} failed",
    )
    lapse_grace_periods(runtime)
    session.expire_all()
    if not is_by_the_lapse:
        customer.suspension_reason = "They asked for it."
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, START - timedelta(hours=1)
    session.flush()

    with runtime.work(system_actor("webhooks")) as work:
        follow_payments(work, lock_organization(work, customer.id).id)

    session.expire_all()
    assert session.get_one(GracePeriod, period.id).status is GracePeriodStatus.RECOVERED
    assert session.get_one(Organization, customer.id).status is OrganizationStatus.SUSPENDED
    told = ["grace_periods.paid_in_time"] if is_by_the_lapse else []
    assert actions(session) == ["grace_periods.lapse", "customers.suspend", "grace_periods.recover", *told]


def test_those_who_may_activate_are_told() -> None:
    notification = get_notification("suspended_though_paid")
    letter = notification.compose(notification.sample)
    assert letter.subject == "Suspended, but paid in time: Northwind Plumbing"
    assert notification.permission is Permission.BILLING_WRITE
    assert notification.on == {PAID_IN_TIME}


def test_those_who_may_give_time_are_told() -> None:
    notification = get_notification("grace_period_lapsed")
    letter = notification.compose(notification.sample)
    assert letter.subject == "A grace period is over: Northwind Plumbing"
    assert "lapsed on 4 March 2026" in letter.paragraphs[0]

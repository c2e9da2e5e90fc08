"""Grace periods whose end has come are marked lapsed, once, and people hear of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent, GracePeriod, GracePeriodStatus
from adminboard.billing.lapsing import lapse_grace_periods
from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Setting
from adminboard.customers.models import Organization, OrganizationStatus
from adminboard.notifications.catalogue import get_notification
from adminboard.runtime import Runtime
from tests.billing.grace.conftest import OpenPeriod
from tests.factories import START, make_grace_period


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


def test_those_who_may_give_time_are_told() -> None:
    notification = get_notification("grace_period_lapsed")
    letter = notification.compose(notification.sample)
    assert letter.subject == "A grace period is over: Northwind Plumbing"
    assert "lapsed on 4 March 2026" in letter.paragraphs[0]

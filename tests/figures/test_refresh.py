"""What the job does every minute: the figures follow the rows, also the late and the changed ones."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, InvoiceStatus, Refund, RefundStatus, SubscriptionStatus
from adminboard.businesses.models import BusinessCallDay, BusinessFigures
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.actor import system_actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Setting
from adminboard.core.thresholds import Threshold
from adminboard.db.engine import Database
from adminboard.figures import refresh
from adminboard.figures.models import FiguresState, Metric
from adminboard.figures.queries import load_figures
from adminboard.figures.refresh import refresh_figures
from adminboard.figures.state import try_claim
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.users.models import User, UserFigures
from tests.factories import (
    make_business,
    make_call,
    make_invoice,
    make_refund,
    make_subscription,
    make_user,
)
from tests.figures.conftest import NOW, read_metric

Put = Callable[..., Any]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TODAY = date(2026, 2, 24)


def refresh_later(runtime: Runtime, after: timedelta = MINUTE) -> None:
    assert isinstance(runtime.clock, MovableClock)
    runtime.clock.advance(after)
    refresh_figures(runtime)


def calls_30d(session: Session) -> dict[Any, int]:
    session.expire_all()
    rows = session.execute(select(BusinessFigures.business_id, BusinessFigures.calls_30d))
    return {row.business_id: row.calls_30d for row in rows}


def test_the_first_time_everything_is_counted(session: Session, runtime: Runtime, put: Put) -> None:
    business = put(make_business)
    put(make_call, business_id=business.id, started_at=NOW, duration_seconds=70)
    put(make_call, business_id=business.id, started_at=NOW, status=CallStatus.MISSED, duration_seconds=0)
    put(make_call, business_id=business.id, started_at=NOW - 200 * DAY, status=CallStatus.FORWARDED)

    refresh_figures(runtime)

    old, today = session.scalars(select(BusinessCallDay).order_by(BusinessCallDay.day))
    assert (today.day, today.calls, today.answered, today.missed, today.duration_seconds) == (
        TODAY, 2, 1, 1, 70,
    )  # fmt: skip
    assert (old.day, old.calls, old.forwarded) == (date(2025, 8, 8), 1, 1)
    assert read_metric(session, Metric.CALLS) == {date(2025, 8, 8): 1, TODAY: 2}
    assert read_metric(session, Metric.CALLS_ANSWERED) == {date(2025, 8, 8): 1, TODAY: 1}
    assert calls_30d(session) == {business.id: 2}


def test_a_new_call_counts_for_its_business_and_its_owner(
    session: Session, runtime: Runtime, put: Put
) -> None:
    business = put(make_business)
    other = put(make_business, owner_id=business.owner_id)
    put(make_call, business_id=other.id, started_at=NOW)
    refresh_figures(runtime)

    put(make_call, business_id=business.id, started_at=NOW)
    refresh_later(runtime)

    assert calls_30d(session) == {business.id: 1, other.id: 1}
    assert session.get_one(UserFigures, business.owner_id).calls_30d == 2


def test_a_call_that_arrives_late_counts_on_its_own_day(session: Session, runtime: Runtime, put: Put) -> None:
    business = put(make_business)
    refresh_figures(runtime)

    put(make_call, business_id=business.id, started_at=NOW - 20 * DAY)
    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS) == {TODAY - 20 * DAY: 1}
    assert calls_30d(session) == {business.id: 1}


def test_a_call_whose_status_changes_later_is_counted_by_the_new_one(
    session: Session, runtime: Runtime, put: Put
) -> None:
    call = put(make_call, started_at=NOW - 3 * DAY, at=NOW - 3 * DAY)
    refresh_figures(runtime)
    assert read_metric(session, Metric.CALLS_ANSWERED) == {TODAY - 3 * DAY: 1}

    session.execute(
        update(CallLog).where(CallLog.id == call.id).values(status=CallStatus.MISSED, updated_at=NOW + MINUTE)
    )
    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS_ANSWERED) == {TODAY - 3 * DAY: 0}
    assert read_metric(session, Metric.CALLS) == {TODAY - 3 * DAY: 1}


def test_a_row_committed_minutes_after_it_was_stamped_is_still_seen(
    session: Session, runtime: Runtime, put: Put
) -> None:
    refresh_figures(runtime)
    put(make_call, started_at=NOW, at=NOW - 9 * MINUTE)

    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS) == {TODAY: 1}


def test_calls_of_thirty_days_are_those_of_today_and_the_29_days_before(
    session: Session, runtime: Runtime, put: Put
) -> None:
    business = put(make_business)
    put(make_call, business_id=business.id, started_at=NOW - 29 * DAY, at=NOW - 29 * DAY)
    put(make_call, business_id=business.id, started_at=NOW - 30 * DAY, at=NOW - 30 * DAY)
    refresh_figures(runtime)
    assert calls_30d(session) == {business.id: 1}

    refresh_later(runtime, DAY)

    assert calls_30d(session) == {}
    assert session.get(UserFigures, business.owner_id) is None


def test_what_was_missed_while_no_worker_ran_is_caught_up_with(
    session: Session, runtime: Runtime, clock: MovableClock, put: Put
) -> None:
    refresh_figures(runtime)
    for hours in (1, 20, 50):
        later = NOW + timedelta(hours=hours)
        put(make_call, started_at=later, at=later)
    clock.advance(timedelta(hours=51))

    assert refresh_figures(runtime) == 51

    assert read_metric(session, Metric.CALLS) == {TODAY: 1, TODAY + DAY: 1, TODAY + 2 * DAY: 1}
    state = session.get_one(FiguresState, 1)
    assert (state.read_until, state.day) == (clock.now(), TODAY + 2 * DAY)


def test_very_many_changes_are_counted_in_one_pass(
    session: Session, runtime: Runtime, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "MOST_CHANGES", 2)
    refresh_figures(runtime)
    for _ in range(3):
        put(make_call, started_at=NOW)

    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS) == {TODAY: 3}
    newest = session.scalars(select(AuditEntry.summary).order_by(AuditEntry.position.desc())).first()
    assert newest is not None
    assert newest.startswith("Counted all figures anew after very many changes")


def test_revenue_and_refunds_follow_late_changes_of_their_rows(
    session: Session, runtime: Runtime, put: Put
) -> None:
    invoice = put(make_invoice, paid_at=NOW - 5 * DAY, amount_paid_cents=4900)
    put(make_invoice, paid_at=NOW, amount_paid_cents=900, currency="eur")
    refund = put(
        make_refund,
        invoice_id=invoice.id,
        organization_id=invoice.organization_id,
        status=RefundStatus.PENDING,
        created_at=NOW - 2 * DAY,
    )
    refresh_figures(runtime)
    assert read_metric(session, Metric.REVENUE_CENTS, "usd") == {TODAY - 5 * DAY: 4900}
    assert read_metric(session, Metric.REVENUE_CENTS, "eur") == {TODAY: 900}
    assert read_metric(session, Metric.REFUNDS_CENTS, "usd") == {}

    later = NOW + MINUTE
    session.execute(
        update(Refund).where(Refund.id == refund.id).values(status=RefundStatus.SUCCEEDED, updated_at=later)
    )
    session.execute(
        update(Invoice).where(Invoice.id == invoice.id).values(status=InvoiceStatus.VOID, updated_at=later)
    )
    refresh_later(runtime)

    assert read_metric(session, Metric.REFUNDS_CENTS, "usd") == {TODAY - 2 * DAY: 1000}
    assert read_metric(session, Metric.REVENUE_CENTS, "usd") == {}


def test_all_users_stay_counted_when_some_are_deleted_or_come_with_an_old_date(
    session: Session, runtime: Runtime, put: Put
) -> None:
    put(make_user)
    gone = put(make_user, at=NOW - 100 * DAY)
    refresh_figures(runtime)
    assert sum(read_metric(session, Metric.SIGNUPS).values()) == 2

    session.execute(delete(User).where(User.id == gone.id))
    put(make_user, at=NOW - 300 * DAY)
    put(make_user, at=NOW - 400 * DAY)
    refresh_later(runtime)

    assert read_metric(session, Metric.SIGNUPS) == {
        TODAY: 1, TODAY - 300 * DAY: 1, TODAY - 400 * DAY: 1
    }  # fmt: skip


def test_each_day_keeps_how_many_subscriptions_were_active(
    session: Session, runtime: Runtime, put: Put
) -> None:
    put(make_subscription)
    put(make_subscription, status=SubscriptionStatus.TRIALING)
    refresh_figures(runtime)
    put(make_subscription)
    refresh_later(runtime)
    assert read_metric(session, Metric.ACTIVE_SUBSCRIPTIONS)[TODAY] == 2

    session.execute(text("UPDATE subscriptions SET status = 'canceled'"))
    refresh_later(runtime, DAY)

    kept = read_metric(session, Metric.ACTIVE_SUBSCRIPTIONS)
    assert (kept[TODAY], kept[TODAY + DAY]) == (Decimal(2), Decimal(0))


def test_other_days_make_all_figures_anew(session: Session, runtime: Runtime, put: Put) -> None:
    put(make_call, started_at=NOW - timedelta(hours=5))
    refresh_figures(runtime)
    assert read_metric(session, Metric.CALLS) == {TODAY - DAY: 1}

    session.add(
        Setting(key=Threshold.DEFAULT_TIMEZONE.value, value="Asia/Tokyo", updated_at=NOW, updated_by="x")
    )
    session.flush()
    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS) == {TODAY: 1}
    assert session.get_one(FiguresState, 1).time_zone == "Asia/Tokyo"


def test_keeping_figures_leaves_no_trace_in_the_audit_log(
    session: Session, runtime: Runtime, put: Put
) -> None:
    refresh_figures(runtime)
    entries = len(session.scalars(select(AuditEntry.id)).all())

    put(make_call, started_at=NOW)
    refresh_later(runtime)

    assert read_metric(session, Metric.CALLS) == {TODAY: 1}
    assert len(session.scalars(select(AuditEntry.id)).all()) == entries == 1


def test_only_one_writes_figures_at_a_time(fresh_database: Database, clock: MovableClock) -> None:
    runtime = Runtime(Settings(), fresh_database, clock)
    with runtime.work(system_actor()) as work:
        assert try_claim(work)
        refresh_figures(runtime)
        work.abandon()
    with runtime.reading() as session:
        assert session.scalars(select(FiguresState)).all() == []

    refresh_figures(runtime)

    with runtime.reading() as session:
        assert len(session.scalars(select(FiguresState)).all()) == 1


def count_live(runtime: Runtime) -> tuple[int, int]:
    with runtime.reading() as session:
        figures, _ = load_figures(session, 30)
    return figures.on(Metric.CALLS, figures.today), figures.on(Metric.CALLS_ANSWERED, figures.today)


@pytest.mark.parametrize("minutes", [0, 1, 9, 11, 30, 90])
def test_todays_calls_are_live_however_long_ago_the_job_came(
    session: Session, runtime: Runtime, clock: MovableClock, put: Put, minutes: int
) -> None:
    for age in (0, 5, 9, 11, 60, 200):
        at = NOW - age * MINUTE
        put(make_call, started_at=at, at=at)
    refresh_figures(runtime)
    assert count_live(runtime) == (6, 6)

    clock.advance(minutes * MINUTE)
    later = clock.now()
    put(make_call, started_at=later, at=later)
    put(make_call, started_at=NOW - 100 * MINUTE, at=later, status=CallStatus.MISSED)
    put(make_call, started_at=NOW - DAY, at=later)
    put(make_call, started_at=NOW + DAY, at=later)

    assert count_live(runtime) == (8, 7)
    refresh_figures(runtime)
    assert count_live(runtime) == (8, 7)


def test_a_change_of_a_call_counted_already_is_never_counted_twice(
    session: Session, runtime: Runtime, put: Put
) -> None:
    calls = [put(make_call, started_at=NOW - age * MINUTE, at=NOW - age * MINUTE) for age in (5, 60)]
    refresh_figures(runtime)

    for call in calls:
        values = {"status": CallStatus.MISSED, "updated_at": NOW + MINUTE}
        session.execute(update(CallLog).where(CallLog.id == call.id).values(**values))
    assert count_live(runtime) == (2, 1)

    refresh_later(runtime)
    assert count_live(runtime) == (2, 0)


def test_after_midnight_today_begins_at_nothing(session: Session, runtime: Runtime, put: Put) -> None:
    put(make_call, started_at=NOW)
    refresh_figures(runtime)
    assert isinstance(runtime.clock, MovableClock)
    runtime.clock.advance(DAY)
    assert count_live(runtime) == (0, 0)

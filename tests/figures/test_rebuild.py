"""Counting everything anew, the nightly check, and the command and the action that ask for it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from adminboard.billing.models import SubscriptionStatus
from adminboard.businesses.models import BusinessCallDay
from adminboard.calls.models import CallLog
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.days import ONE_DAY, get_day, get_start
from adminboard.db.engine import Database
from adminboard.figures.models import DailyMetric, Metric
from adminboard.figures.rebuild import check_figures, rebuild_figures
from adminboard.figures.refresh import refresh_figures
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.factories import make_billing_event, make_call, make_subscription
from tests.figures.conftest import NOW, read_metric

Put = Callable[..., Any]
DAY = timedelta(days=1)
TODAY = date(2026, 2, 24)
# The clocks go forward at midnight in Havana, Beirut and Cairo, and back over midnight in Havana.
ZONES = [
    ("America/Los_Angeles", date(2026, 3, 8)), ("America/Los_Angeles", date(2026, 11, 1)),
    ("America/Havana", date(2026, 3, 8)), ("America/Havana", date(2025, 11, 2)),
    ("Asia/Beirut", date(2026, 3, 29)), ("Africa/Cairo", date(2026, 4, 24)),
    ("Asia/Kathmandu", date(2026, 5, 5)), ("Pacific/Kiritimati", date(2026, 5, 5)),
]  # fmt: skip


def newest_summary(session: Session) -> str:
    return session.scalars(select(AuditEntry.summary).order_by(AuditEntry.position.desc()).limit(1)).one()


@pytest.mark.parametrize(("name", "changing"), ZONES)
def test_the_database_and_the_board_agree_where_a_day_begins(
    session: Session, name: str, changing: date
) -> None:
    zone = ZoneInfo(name)
    for day in (changing - ONE_DAY, changing, changing + ONE_DAY):
        start = get_start(day, zone)
        for moment, expected in ((start, day), (start - timedelta(seconds=1), day - ONE_DAY)):
            values = {"moment": moment, "zone": name}
            found = session.scalar(
                text("SELECT (CAST(:moment AS timestamptz) AT TIME ZONE :zone)::date"), values
            )
            assert found == get_day(moment, zone) == expected


@pytest.mark.parametrize(("name", "changing"), ZONES)
def test_calls_around_a_midnight_that_moves_fall_on_the_day_of_the_clock(
    session: Session, database: Database, put: Put, name: str, changing: date
) -> None:
    runtime = Runtime(Settings(default_timezone=name), database, MovableClock(NOW))
    zone = ZoneInfo(name)
    refresh_figures(runtime)
    start = get_start(changing, zone)
    for minutes in range(-90, 91, 30):
        put(make_call, started_at=start + timedelta(minutes=minutes))
        put(make_call, started_at=get_start(changing + ONE_DAY, zone) + timedelta(minutes=minutes))

    refresh_figures(runtime)

    expected: dict[date, int] = {}
    for moment in session.scalars(select(CallLog.started_at)):
        day = get_day(moment, zone)
        expected[day] = expected.get(day, 0) + 1
    assert read_metric(session, Metric.CALLS) == expected
    assert rebuild_figures(runtime) == 0


def test_a_rebuild_puts_everything_right(session: Session, runtime: Runtime, put: Put) -> None:
    put(make_call, started_at=NOW - 200 * DAY)
    put(make_call, started_at=NOW)
    refresh_figures(runtime)
    session.execute(update(BusinessCallDay).values(calls=7, answered=7))
    session.execute(text("UPDATE business_figures SET calls_30d = 9"))
    session.execute(update(DailyMetric).values(value=5))
    session.execute(text("INSERT INTO daily_metrics VALUES ('refunds_cents', 'xyz', '2020-01-01', 5, now())"))

    assert rebuild_figures(runtime) > 0

    assert read_metric(session, Metric.CALLS) == {TODAY - 200 * DAY: 1, TODAY: 1}
    assert read_metric(session, Metric.REFUNDS_CENTS, "xyz") == {}
    assert set(session.scalars(text("SELECT calls_30d FROM user_figures"))) == {1}
    assert newest_summary(session).startswith("Counted all figures anew: ")
    assert rebuild_figures(runtime) == 0


def test_the_nightly_check_finds_what_nothing_announces(session: Session, runtime: Runtime, put: Put) -> None:
    gone = put(make_call, started_at=NOW - 3 * DAY)
    put(make_call, started_at=NOW - 61 * DAY)
    refresh_figures(runtime)
    session.execute(delete(CallLog).where(CallLog.id == gone.id))
    put(make_call, started_at=NOW - 40 * DAY, at=NOW - 40 * DAY)

    assert check_figures(runtime) == 2

    assert read_metric(session, Metric.CALLS) == {TODAY - 61 * DAY: 1, TODAY - 40 * DAY: 1}
    assert session.scalars(text("SELECT calls_30d FROM business_figures")).all() == []
    assert newest_summary(session) == (
        "The nightly check put the figures of 2 days right: 2026-01-15, 2026-02-21"
    )


def test_the_nightly_check_says_nothing_when_all_is_right(
    session: Session, runtime: Runtime, put: Put
) -> None:
    put(make_call, started_at=NOW)
    refresh_figures(runtime)
    before = newest_summary(session)

    assert check_figures(runtime) == 0

    assert newest_summary(session) == before


def test_days_before_the_board_was_there_are_worked_out_from_billing_events(
    session: Session, runtime: Runtime, put: Put
) -> None:
    """Active by now, canceled since, on trial until lately, and one that is new."""
    put(make_subscription, at=NOW - 90 * DAY)
    canceled = put(make_subscription, at=NOW - 90 * DAY, status=SubscriptionStatus.CANCELED)
    trial = put(make_subscription, at=NOW - 20 * DAY)
    put(make_subscription, at=NOW - 2 * DAY)
    for subscription, days, before, after in (
        (canceled, 10, "active", "past_due"), (canceled, 4, "past_due", "canceled"),
        (trial, 6, "trialing", "active"),
    ):  # fmt: skip
        put(
            make_billing_event,
            event_type="customer.subscription.updated",
            stripe_subscription_id=subscription.stripe_subscription_id,
            previous_status=before,
            status=after,
            received_at=NOW - days * DAY,
        )

    refresh_figures(runtime)

    kept = read_metric(session, Metric.ACTIVE_SUBSCRIPTIONS)
    ages = (60, 11, 10, 9, 7, 6, 5, 3, 2, 0)
    assert [int(kept[TODAY - age * DAY]) for age in ages] == [2, 2, 1, 1, 1, 2, 2, 2, 3, 3]


def test_figures_of_seeded_data_are_what_counting_anew_gives(
    seeded_runtime: Runtime, figures_of: Callable[[Runtime], dict[str, list[Any]]]
) -> None:
    """The seed sums its figures up with statements of its own."""
    seeded = figures_of(seeded_runtime)
    assert all(seeded.values())

    assert rebuild_figures(seeded_runtime) == 0
    assert figures_of(seeded_runtime) == seeded
    assert check_figures(seeded_runtime) == 0
    assert figures_of(seeded_runtime) == seeded


def test_figures_made_from_nothing_are_those_of_the_seed(
    seeded_runtime: Runtime,
    figures_of: Callable[[Runtime], dict[str, list[Any]]],
    empty_figures: Callable[[], None],
) -> None:
    seeded = figures_of(seeded_runtime)
    empty_figures()

    refresh_figures(seeded_runtime)

    assert figures_of(seeded_runtime) == seeded

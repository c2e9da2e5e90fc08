"""Bringing the figures up to date: what the job does every minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import text

from adminboard.core.actor import system_actor
from adminboard.core.days import get_day
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.figures.call_days import count_changed_calls, recount_changed
from adminboard.figures.call_sums import Window, find_businesses_moved, sum_up_calls
from adminboard.figures.daily import MONEY, count_calls, count_metric, find_changed_days
from adminboard.figures.models import FiguresState, Metric
from adminboard.figures.rebuild import rebuild_within
from adminboard.figures.state import Calendar, Doors, find_state, get_calendar, note_state, try_claim
from adminboard.figures.subscriptions import count_active

OVERLAP = timedelta(minutes=10)
"""How long before the last look is looked again: a row counts from its commit, but is stamped before it."""
SLICE = timedelta(hours=1)
"""How much is caught up with in one transaction, after the job has not run for a while."""
MOST_CHANGES = 200_000
"""Of calls in one slice: beyond, one pass over everything is quicker than each day of each business."""
TIMEOUT = "2min"
_ALL_SIGNUPS_COUNTED = """
SELECT (SELECT count(*) FROM users)
    = (SELECT coalesce(sum(value), 0) FROM board.daily_metrics WHERE metric = 'signups')
"""


def refresh_figures(doors: Doors) -> int:
    """Brings the figures up to date with what changed since the last time; returns in how many steps.

    Does nothing while another is writing figures. Makes them for the first time, and anew when the zone of
    the days is another.
    """
    steps = 0
    while _take_step(doors):
        steps += 1
    return steps + 1


def _take_step(doors: Doors) -> bool:
    """One slice in one transaction; says whether there is another one."""
    with doors.work(system_actor("figures")) as work:
        if not try_claim(work):
            work.abandon()
            return False
        set_statement_timeout(work.session, TIMEOUT)
        calendar = get_calendar(work)
        state = find_state(work.session)
        if state is None:
            rebuild_within(work, calendar, "Counted all figures for the first time")
            return False
        if state.time_zone != calendar.zone.key:
            rebuild_within(work, calendar, f"Counted all figures by the days of {calendar.zone.key}")
            return False
        since, until = state.read_until - OVERLAP, min(work.now(), state.read_until + SLICE)
        if count_changed_calls(work, since, until, MOST_CHANGES + 1) > MOST_CHANGES:
            rebuild_within(work, calendar, "Counted all figures anew after very many changes")
            return False
        _bring_calls(work, calendar, state, since, until)
        _bring_others(work, calendar, since, until)
        note_state(work, calendar, until)
        work.keep_figures()
        return until < work.now()


def _bring_calls(
    work: Work, calendar: Calendar, state: FiguresState, since: datetime, until: datetime
) -> None:
    different = recount_changed(work, calendar.zone, since, until)
    if different.days:
        count_calls(work, different.days)
    before, after = Window(state.day), Window(calendar.today)
    businesses = different.businesses
    if before != after:
        businesses |= find_businesses_moved(work, before, after)
    if businesses:
        sum_up_calls(work, after, businesses)


def _bring_others(work: Work, calendar: Calendar, since: datetime, until: datetime) -> None:
    for metric, source in MONEY.items():
        days = find_changed_days(work, source, calendar.zone, since, until)
        if days:
            count_metric(work, metric, calendar.zone, days)
    count_metric(work, Metric.SIGNUPS, calendar.zone, _days_between(since, calendar))
    if not work.session.scalar(text(_ALL_SIGNUPS_COUNTED)):
        count_metric(work, Metric.SIGNUPS, calendar.zone)
    count_active(work, calendar.today)


def _days_between(since: datetime, calendar: Calendar) -> set[date]:
    first = get_day(since, calendar.zone)
    return {first + timedelta(days=number) for number in range((calendar.today - first).days + 1)}

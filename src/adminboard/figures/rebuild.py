"""Counting all figures anew, and comparing the recent ones with their rows every night."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, text

from adminboard.core.actor import Actor, system_actor
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.figures.call_days import recount_all
from adminboard.figures.call_sums import Window, sum_up_calls
from adminboard.figures.daily import SOURCES, count_calls, count_metric
from adminboard.figures.models import DailyMetric
from adminboard.figures.promotion_uses import recount_promotion_uses
from adminboard.figures.state import (
    FIGURES,
    Calendar,
    Doors,
    claim,
    find_state,
    get_calendar,
    note_state,
)
from adminboard.figures.subscriptions import count_active, fill_active, work_out_active

COUNTING_TIMEOUT = "30min"
COUNTING_MEMORY = "128MB"
PATIENCE = "10min"
NAMED_DAYS = 5


def rebuild_figures(doors: Doors, actor: Actor | None = None) -> int:
    """Counts every figure anew from the rows; returns how many days of daily metrics were different.

    One transaction: until it ends everybody sees the figures as they were. 10,000,000 calls take a minute or
    two, the first time some more. Waits while others write figures.
    """
    with doors.work(actor or system_actor("figures")) as work:
        claim(work, PATIENCE)
        return rebuild_within(work, get_calendar(work), "Counted all figures anew")


def rebuild_within(work: Work, calendar: Calendar, summary: str) -> int:
    """The same within a work that has claimed the figures; ``summary`` begins its entry in the audit log."""
    _take_room(work)
    state = find_state(work.session)
    if state is not None and state.time_zone != calendar.zone.key:
        work.session.execute(delete(DailyMetric))
    recount_all(work, calendar.zone)
    different = count_calls(work)
    for metric in SOURCES:
        different |= count_metric(work, metric, calendar.zone)
    different |= work_out_active(work, calendar.zone, calendar.compared)
    count_active(work, calendar.today)
    changed = sum_up_calls(work, Window(calendar.today))
    recount_promotion_uses(work)
    note_state(work, calendar, work.now(), checked_at=work.now())
    found = f"{_count(different, 'day', 'days')} and the calls of {changed:,} businesses and users"
    work.audit(
        "figures.rebuild", FIGURES, f"{summary}: {found} were different", after={"days": len(different)}
    )
    return len(different)


def check_figures(doors: Doors) -> int:
    """Compares the figures with all the rows they come from, those of calls for the days that pages compare,
    and puts right what differs; returns how many days did.

    Finds what no change announces: rows that were deleted, moved, or written with an old `updated_at`. Leaves
    an entry in the audit log only when something was different.
    """
    with doors.work(system_actor("figures")) as work:
        claim(work, PATIENCE)
        calendar = get_calendar(work)
        state = find_state(work.session)
        if state is None or state.time_zone != calendar.zone.key:
            return rebuild_within(work, calendar, "Counted all figures anew")
        _take_room(work)
        since = calendar.compared[0]
        recount_all(work, calendar.zone, since)
        different = count_calls(work, calendar.compared)
        for metric in SOURCES:
            different |= count_metric(work, metric, calendar.zone)
        fill_active(work, calendar.zone, calendar.compared)
        sum_up_calls(work, Window(calendar.today))
        recount_promotion_uses(work)
        note_state(work, calendar, state.read_until, checked_at=work.now())
        _note_corrections(work, different - {calendar.today})
        return len(different)


def _take_room(work: Work) -> None:
    """Time, and memory to count in, for one transaction."""
    set_statement_timeout(work.session, COUNTING_TIMEOUT)
    work.session.execute(text("SELECT set_config('work_mem', :memory, true)"), {"memory": COUNTING_MEMORY})


def _note_corrections(work: Work, days: set[date]) -> None:
    if not days:
        work.keep_figures()
        return
    named = ", ".join(day.isoformat() for day in sorted(days)[-NAMED_DAYS:])
    more = f" and {len(days) - NAMED_DAYS} more" if len(days) > NAMED_DAYS else ""
    summary = f"The nightly check put the figures of {_count(days, 'day', 'days')} right: {named}{more}"
    work.audit("figures.check", FIGURES, summary, after={"days": [day.isoformat() for day in sorted(days)]})


def _count(days: set[date], one: str, many: str) -> str:
    return f"{len(days):,} {one if len(days) == 1 else many}"

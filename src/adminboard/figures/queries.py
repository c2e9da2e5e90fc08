"""The figures as pages show them: days that are over as they were kept, today counted from the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.core.days import ONE_DAY, get_day, get_default_zone
from adminboard.core.work import moment
from adminboard.figures.models import FiguresState, Metric
from adminboard.figures.state import find_state
from adminboard.figures.today import SettledCalls, make_question

_TODAY = """
SELECT 'signups' AS metric, '' AS dimension, count(*) AS value FROM users WHERE created_at >= :starts_at
UNION ALL
SELECT 'revenue_cents', currency, sum(amount_paid_cents) FROM invoices
WHERE status = 'paid' AND paid_at >= :starts_at AND paid_at < :ends_at GROUP BY currency
UNION ALL
SELECT 'refunds_cents', currency, sum(amount_cents) FROM refunds
WHERE status = 'succeeded' AND created_at >= :starts_at AND created_at < :ends_at GROUP BY currency
UNION ALL
SELECT metric, '', value FROM ({calls}) AS today_calls
CROSS JOIN LATERAL (VALUES ('calls', calls), ('calls_answered', answered)) AS counted (metric, value)
"""
# A row for each metric and not for each of its days: of those there are five hundred.
_KEPT = text("""
SELECT metric, dimension, jsonb_object_agg(day, value::bigint) AS by_day, NULL AS before
FROM board.daily_metrics WHERE day BETWEEN :first AND :today GROUP BY metric, dimension
UNION ALL
SELECT 'signups', '', NULL, coalesce(sum(value), 0)::bigint FROM board.daily_metrics
WHERE metric = 'signups' AND day < :first
""")


@dataclass(frozen=True, slots=True)
class Span:
    """Days one after the other, both ends included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            day += ONE_DAY

    @classmethod
    def until(cls, last: date, days: int) -> Span:
        return cls(last - timedelta(days=days - 1), last)

    @property
    def before(self) -> Span:
        """As many days that came just before."""
        length = (self.last - self.first).days + 1
        return Span.until(self.first - ONE_DAY, length)


@dataclass(frozen=True, slots=True)
class Figures:
    """Daily metrics by (metric, dimension), and what came before the first of the days.

    Whole numbers all of them: counts, and amounts in minor units.
    """

    today: date
    zone: ZoneInfo
    by_day: Mapping[tuple[Metric, str], Mapping[date, int]]
    users_before: int

    def on(self, metric: Metric, day: date, dimension: str = "") -> int:
        return self.by_day.get((metric, dimension), {}).get(day, 0)

    def find(self, metric: Metric, day: date) -> int | None:
        """The same of a metric that is kept for each day; None for days of which nothing is known."""
        return self.by_day.get((metric, ""), {}).get(day)

    def total(self, metric: Metric, span: Span, dimension: str = "") -> int:
        by_day = self.by_day.get((metric, dimension), {})
        return sum(value for day, value in by_day.items() if span.first <= day <= span.last)

    def dimensions(self, *metrics: Metric) -> set[str]:
        return {dimension for metric, dimension in self.by_day if metric in metrics}


@dataclass(frozen=True, slots=True)
class Freshness:
    """When the figures of past days were last brought up to date, None when never yet."""

    refreshed_at: datetime | None
    is_of_other_days: bool
    """They still count by the days of another zone than DEFAULT_TIMEZONE now names."""


def load_figures(session: Session, days: int) -> tuple[Figures, Freshness]:
    """The last so many days, today among them. Four statements, by indexes alone."""
    zone = get_default_zone(session)
    today = get_day(moment(session), zone)
    state = find_state(session)
    first = Span.until(today, days).first
    found: dict[tuple[Metric, str], dict[date, int]] = {}
    users_before = 0
    for row in session.execute(_KEPT, {"first": first, "today": today}):
        if row.before is not None:
            users_before = row.before
            continue
        by_day = {date.fromisoformat(day): value for day, value in row.by_day.items()}
        if row.metric != Metric.ACTIVE_SUBSCRIPTIONS:
            by_day.pop(today, None)
        if by_day:
            found[Metric(row.metric), row.dimension] = by_day
    for key, value in _count_today(session, state, zone, today):
        found.setdefault(key, {})[today] = value
    refreshed_at = state.refreshed_at if state else None
    is_of_other_days = state is not None and state.time_zone != zone.key
    return Figures(today, zone, found, users_before), Freshness(refreshed_at, is_of_other_days)


def _count_today(
    session: Session, state: FiguresState | None, zone: ZoneInfo, today: date
) -> Iterator[tuple[tuple[Metric, str], int]]:
    settled = None
    if state is not None and state.time_zone == zone.key:
        settled = SettledCalls(
            state.day, state.settled_until, state.settled_calls, state.settled_calls_answered
        )
    calls, values = make_question(settled, today, zone, moment(session))
    for metric, dimension, value in session.execute(text(_TODAY.format(calls=calls)), values):
        yield (Metric(metric), dimension), int(value)

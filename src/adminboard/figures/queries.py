"""The figures as pages show them: days that are over as they were kept, today counted from the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.calls.models import CallStatus
from adminboard.core.days import ONE_DAY, get_day, get_default_zone, get_start
from adminboard.core.work import moment
from adminboard.figures.models import Metric

ANSWERED = (CallStatus.ANSWERED_BY_AI, CallStatus.FORWARDED)

# The statuses are spelled out so that their index is read and nothing else: a day may have 100,000 calls.
_TODAY = f"""
SELECT 'signups' AS metric, '' AS dimension, count(*) AS value FROM users WHERE created_at >= :starts_at
UNION ALL
SELECT 'calls', status, count(*) FROM call_logs
WHERE status IN ({", ".join(f"'{status}'" for status in CallStatus)})
    AND started_at >= :starts_at AND started_at < :ends_at
GROUP BY status
UNION ALL
SELECT 'revenue_cents', currency, sum(amount_paid_cents) FROM invoices
WHERE status = 'paid' AND paid_at >= :starts_at AND paid_at < :ends_at GROUP BY currency
UNION ALL
SELECT 'refunds_cents', currency, sum(amount_cents) FROM refunds
WHERE status = 'succeeded' AND created_at >= :starts_at AND created_at < :ends_at GROUP BY currency
"""  # noqa: S608 - put together from the words of an enum
_KEPT = """
SELECT metric, dimension, day, value FROM board.daily_metrics WHERE day BETWEEN :first AND :today
UNION ALL
SELECT metric, '', NULL, sum(value) FROM board.daily_metrics
WHERE metric = 'signups' AND day < :first GROUP BY metric
"""
_STATE = "SELECT refreshed_at, time_zone FROM board.figures_state"


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


def load_figures(session: Session, days: int) -> Figures:
    """The last so many days, today among them. Three statements, by indexes alone."""
    zone = get_default_zone(session)
    today = get_day(moment(session), zone)
    first = Span.until(today, days).first
    found: dict[tuple[Metric, str], dict[date, int]] = {}
    users_before = 0
    for metric, dimension, day, value in session.execute(text(_KEPT), {"first": first, "today": today}):
        if day is None:
            users_before = int(value)
        elif day < today or metric == Metric.ACTIVE_SUBSCRIPTIONS:
            found.setdefault((Metric(metric), dimension), {})[day] = int(value)
    for (metric, dimension), value in _count_today(session, zone, today).items():
        found.setdefault((metric, dimension), {})[today] = value
    return Figures(today, zone, found, users_before)


def find_freshness(session: Session, zone: ZoneInfo) -> Freshness:
    """One statement."""
    row = session.execute(text(_STATE)).one_or_none()
    if row is None:
        return Freshness(None, is_of_other_days=False)
    return Freshness(row.refreshed_at, row.time_zone != zone.key)


def _count_today(session: Session, zone: ZoneInfo, today: date) -> dict[tuple[Metric, str], int]:
    values = {"starts_at": get_start(today, zone), "ends_at": get_start(today + ONE_DAY, zone)}
    counted: dict[tuple[Metric, str], int] = {}
    for name, dimension, value in session.execute(text(_TODAY), values):
        metric = Metric(name)
        if metric is not Metric.CALLS:
            counted[metric, dimension] = int(value)
            continue
        _add(counted, (Metric.CALLS, ""), value)
        if dimension in ANSWERED:
            _add(counted, (Metric.CALLS_ANSWERED, ""), value)
    return counted


def _add(counted: dict[tuple[Metric, str], int], key: tuple[Metric, str], value: int) -> None:
    counted[key] = counted.get(key, 0) + value

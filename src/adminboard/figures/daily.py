"""Counting daily metrics from the rows they come from, and putting right what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adminboard.core.days import ONE_DAY, get_start
from adminboard.core.work import Work
from adminboard.figures.models import Metric

_ON_DAYS = "day = ANY(CAST(:days AS date[]))"
_WANTED = (
    "unnest(CAST(:days AS date[]), CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"
    " AS wanted (day, starts_at, ends_at)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a metric is counted from, as parts of SQL: the table, the moment that says the day, the aggregate,
    which rows count, and what splits them."""

    table: str
    moment: str
    value: str
    condition: str = "true"
    dimension: str = "''"

    @property
    def of_all(self) -> str:
        """Counts by one pass over the table; wants ``zone``."""
        return f"""
            SELECT {self.dimension} AS dimension, ({self.moment} AT TIME ZONE :zone)::date AS day,
                {self.value} AS value
            FROM {self.table} WHERE {self.condition} AND {self.moment} IS NOT NULL GROUP BY 1, 2
        """  # noqa: S608 - put together from this module's own words

    @property
    def of_days(self) -> str:
        """Counts by one range of an index for each day; wants `make_bounds`."""
        return f"""
            SELECT {self.dimension} AS dimension, wanted.day, {self.value} AS value
            FROM {_WANTED} JOIN {self.table}
                ON {self.moment} >= wanted.starts_at AND {self.moment} < wanted.ends_at
            WHERE {self.condition} GROUP BY 1, 2
        """  # noqa: S608 - the same

    @property
    def changed_days(self) -> str:
        """The days of the rows that changed between ``since`` and ``until``."""
        return f"""
            SELECT DISTINCT ({self.moment} AT TIME ZONE :zone)::date FROM {self.table}
            WHERE updated_at > :since AND updated_at <= :until AND {self.moment} IS NOT NULL
        """  # noqa: S608 - the same


SIGNUPS = Source("users", "created_at", "count(*)")
MONEY = {
    Metric.REVENUE_CENTS: Source(
        "invoices", "paid_at", "sum(amount_paid_cents)", "status = 'paid'", "currency"
    ),
    Metric.REFUNDS_CENTS: Source(
        "refunds", "created_at", "sum(amount_cents)", "status = 'succeeded'", "currency"
    ),
}
SOURCES: Mapping[Metric, Source] = {Metric.SIGNUPS: SIGNUPS, **MONEY}
_OF_CALLS = {Metric.CALLS: "calls", Metric.CALLS_ANSWERED: "answered + forwarded"}

_MERGE = """
WITH counted AS MATERIALIZED ({counted}), gone AS (
    DELETE FROM board.daily_metrics AS kept WHERE metric = :metric AND {scope} AND NOT EXISTS (
        SELECT FROM counted WHERE counted.dimension = kept.dimension AND counted.day = kept.day)
    RETURNING day
), put AS (
    INSERT INTO board.daily_metrics AS kept (metric, dimension, day, value, refreshed_at)
    SELECT :metric, dimension, day, value, :now FROM counted
    ON CONFLICT (metric, dimension, day) DO UPDATE
        SET value = excluded.value, refreshed_at = excluded.refreshed_at WHERE kept.value <> excluded.value
    RETURNING day
)
SELECT day FROM gone UNION SELECT day FROM put
"""


def count_metric(
    work: Work, metric: Metric, zone: ZoneInfo, days: Collection[date] | None = None
) -> set[date]:
    """Counts a metric of `SOURCES` anew, on these days or on all; returns the days that were different."""
    source = SOURCES[metric]
    if days is None:
        return merge_counted(work, metric, source.of_all, {"zone": zone.key})
    return merge_counted(work, metric, source.of_days, make_bounds(days, zone), days)


def count_calls(work: Work, days: Collection[date] | None = None) -> set[date]:
    """Sums up the days of businesses (`figures.call_days`); returns the days that were different."""
    different: set[date] = set()
    scope = "true" if days is None else _ON_DAYS
    for metric, value in _OF_CALLS.items():
        counted = f"""
            SELECT '' AS dimension, day, sum({value}) AS value FROM board.business_call_days
            WHERE {scope} GROUP BY day
        """  # noqa: S608 - put together from this module's own words
        different |= merge_counted(work, metric, counted, {}, days)
    return different


def merge_counted(
    work: Work,
    metric: Metric,
    counted: str,
    values: Mapping[str, Any],
    days: Collection[date] | None = None,
) -> set[date]:
    """Makes the metric what the SELECT ``counted`` (dimension, day, value) gives, on these days or on all.

    Returns the days that were different.
    """
    own: dict[str, Any] = {"metric": metric.value, "now": work.now()}
    if days is not None:
        own["days"] = sorted(days)
    statement = text(_MERGE.format(counted=counted, scope="true" if days is None else _ON_DAYS))
    return set(work.session.scalars(statement, {**values, **own}))


def find_changed_days(
    work: Work, source: Source, zone: ZoneInfo, since: datetime, until: datetime
) -> set[date]:
    """The days of the source's rows that changed in this time."""
    values = {"zone": zone.key, "since": since, "until": until}
    return set(work.session.scalars(text(source.changed_days), values))


def make_bounds(days: Collection[date], zone: ZoneInfo) -> dict[str, list[Any]]:
    """Each day with when it begins and ends, as parameters: ``days``, ``starts``, ``ends``."""
    ordered = sorted(days)
    return {
        "days": ordered,
        "starts": [get_start(day, zone) for day in ordered],
        "ends": [get_start(day + ONE_DAY, zone) for day in ordered],
    }

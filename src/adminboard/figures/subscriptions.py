"""How many subscriptions were active at the end of each day.

The rows only tell how many are active now. Each day's number is therefore kept as it was when the day ended,
and for days of which none was kept it is worked out from what billing events say of changes since.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select

from adminboard.core.work import Work
from adminboard.figures.daily import make_bounds, merge_counted
from adminboard.figures.models import DailyMetric, Metric

_ACTIVE_NOW = """
SELECT '' AS dimension, CAST(:today AS date) AS day, count(*) AS value
FROM subscriptions WHERE status = 'active'
"""
# As many as now, less those that came later, and those that changed later counted as they were before.
_ACTIVE_THEN = """
WITH wanted AS (
    SELECT * FROM unnest(CAST(:days AS date[]), CAST(:ends AS timestamptz[])) AS wanted (day, ends_at)
), changes AS MATERIALIZED (
    SELECT stripe_subscription_id, received_at, previous_status FROM billing_events
    WHERE received_at > :earliest AND stripe_subscription_id IS NOT NULL
        AND starts_with(event_type, 'customer.subscription.')
        AND previous_status IS NOT NULL AND previous_status IS DISTINCT FROM status
), next_changes AS (
    SELECT DISTINCT ON (day, stripe_subscription_id) day, ends_at, stripe_subscription_id, previous_status
    FROM wanted JOIN changes ON received_at > ends_at
    ORDER BY day, stripe_subscription_id, received_at
), corrections AS (
    SELECT day, sum((previous_status = 'active')::int - (status = 'active')::int) AS difference
    FROM next_changes JOIN subscriptions USING (stripe_subscription_id)
    WHERE created_at <= ends_at GROUP BY day
)
SELECT '' AS dimension, day, (SELECT count(*) FROM subscriptions WHERE status = 'active')
    - (SELECT count(*) FROM subscriptions WHERE status = 'active' AND created_at > ends_at)
    + coalesce(difference, 0) AS value
FROM wanted LEFT JOIN corrections USING (day)
"""


def count_active(work: Work, today: date) -> None:
    """Counts the active subscriptions as they are now: today's figure until the day is over."""
    merge_counted(work, Metric.ACTIVE_SUBSCRIPTIONS, _ACTIVE_NOW, {"today": today}, [today])


def work_out_active(work: Work, zone: ZoneInfo, days: Collection[date]) -> set[date]:
    """Works out how many were active at the end of each of these days; returns which were different."""
    bounds = make_bounds(days, zone)
    values = {"days": bounds["days"], "ends": bounds["ends"], "earliest": min(bounds["ends"])}
    return merge_counted(work, Metric.ACTIVE_SUBSCRIPTIONS, _ACTIVE_THEN, values, days)


def fill_active(work: Work, zone: ZoneInfo, days: Collection[date]) -> set[date]:
    """The same for those of the days of which no number was kept."""
    of_metric = select(DailyMetric.day).where(DailyMetric.metric == Metric.ACTIVE_SUBSCRIPTIONS)
    missing = set(days) - set(work.session.scalars(of_metric))
    return work_out_active(work, zone, missing) if missing else set()

"""The calls of each business by day, counted from `call_logs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adminboard.core.days import get_start
from adminboard.core.work import Work

_NAMES = ("calls", "answered", "forwarded", "missed", "voicemail", "failed", "duration_seconds")
_COLUMNS = ", ".join(_NAMES)
_KEPT = ", ".join(f"kept.{name}" for name in _NAMES)
_COUNTED = ", ".join(f"counted.{name}" for name in _NAMES)
_NEW = ", ".join(f"excluded.{name}" for name in _NAMES)
_AGGREGATES = """
    count(*) AS calls,
    count(*) FILTER (WHERE status = 'answered_by_ai') AS answered,
    count(*) FILTER (WHERE status = 'forwarded') AS forwarded,
    count(*) FILTER (WHERE status = 'missed') AS missed,
    count(*) FILTER (WHERE status = 'voicemail') AS voicemail,
    count(*) FILTER (WHERE status = 'error') AS failed,
    sum(duration_seconds) AS duration_seconds
"""
# Only what differs is inserted: a row that meets another is locked, so written, even where nothing changes.
_PUT = f"""
    INSERT INTO board.business_call_days (business_id, day, {_COLUMNS})
    SELECT counted.business_id, counted.day, {_COUNTED}
    FROM counted LEFT JOIN board.business_call_days AS kept
        ON kept.business_id = counted.business_id AND kept.day = counted.day
    WHERE ({_KEPT}) IS DISTINCT FROM ({_COUNTED})
    ON CONFLICT (business_id, day) DO UPDATE SET ({_COLUMNS}) = ({_NEW})
    RETURNING business_id, day
"""  # noqa: S608 - put together from this module's own words

# The range of the index is wider than the day, because midnight is not one moment where the clocks change
# then; which day a call belongs to is decided by one expression everywhere.
_RECOUNT_CHANGED = f"""
WITH changed AS MATERIALIZED (
    SELECT DISTINCT business_id, (started_at AT TIME ZONE :zone)::date AS day FROM call_logs
    WHERE updated_at > :since AND updated_at <= :until
), counted AS MATERIALIZED (
    SELECT changed.business_id, changed.day, {_AGGREGATES}
    FROM changed JOIN call_logs ON call_logs.business_id = changed.business_id
        AND started_at >= changed.day::timestamp AT TIME ZONE :zone - interval '2 hours'
        AND started_at < (changed.day + 1)::timestamp AT TIME ZONE :zone + interval '2 hours'
        AND (started_at AT TIME ZONE :zone)::date = changed.day
    GROUP BY 1, 2
)
{_PUT}
"""  # noqa: S608 - the same
_RECOUNT_ALL = f"""
WITH counted AS MATERIALIZED (
    SELECT business_id, (started_at AT TIME ZONE :zone)::date AS day, {_AGGREGATES}
    FROM call_logs WHERE {{calls}} GROUP BY 1, 2
), gone AS (
    DELETE FROM board.business_call_days AS kept WHERE {{days}} AND NOT EXISTS (
        SELECT FROM counted WHERE counted.business_id = kept.business_id AND counted.day = kept.day)
    RETURNING day
), put AS ({_PUT})
SELECT DISTINCT day FROM (SELECT day FROM gone UNION ALL SELECT day FROM put) AS different
"""  # noqa: S608 - the same
_HOW_MANY_CHANGED = """
SELECT count(*) FROM (
    SELECT FROM call_logs WHERE updated_at > :since AND updated_at <= :until LIMIT :limit
) AS changed
"""


@dataclass(slots=True)
class DifferentDays:
    """Days that were found to differ from what was kept, and of which businesses."""

    days: set[date] = field(default_factory=set)
    businesses: set[UUID] = field(default_factory=set)


def count_changed_calls(work: Work, since: datetime, until: datetime, limit: int) -> int:
    """How many calls changed in this time, counted up to ``limit``."""
    values = {"since": since, "until": until, "limit": limit}
    return work.session.scalar(text(_HOW_MANY_CHANGED), values) or 0


def recount_changed(work: Work, zone: ZoneInfo, since: datetime, until: datetime) -> DifferentDays:
    """Counts those days of those businesses anew to which calls belong that changed in this time.

    Calls of any age are found, by `updated_at`. A call that is deleted, or moved to another day or business,
    leaves its old day as it was: `recount_all` finds that.
    """
    different = DifferentDays()
    values = {"zone": zone.key, "since": since, "until": until}
    for row in work.session.execute(text(_RECOUNT_CHANGED), values):
        different.days.add(row.day)
        different.businesses.add(row.business_id)
    return different


def recount_all(work: Work, zone: ZoneInfo, since: date | None = None) -> set[date]:
    """Counts every day of every business anew, from ``since`` or from the beginning, in one pass over the
    calls; returns the days that were different."""
    values: dict[str, object] = {"zone": zone.key}
    calls, days = "true", "true"
    if since is not None:
        calls, days = "started_at >= :start", "day >= :since"
        values |= {"since": since, "start": get_start(since, zone)}
    return set(work.session.scalars(text(_RECOUNT_ALL.format(calls=calls, days=days)), values))

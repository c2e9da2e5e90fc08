"""Today's calls, live: most were counted a minute ago, and what came since is counted at each request.

What tells the two apart is when a row was made, which never changes: each call is in exactly one of the
parts, whenever it began and whatever happens to it later. A change of the status of a call that was counted
already is seen with the next refresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from adminboard.calls.models import CallStatus
from adminboard.core.days import ONE_DAY, get_start
from adminboard.core.work import Work

ANSWERED = (CallStatus.ANSWERED_BY_AI, CallStatus.FORWARDED)
SETTLING = timedelta(minutes=10)
"""A row is stamped before it is committed; after so long every row of a moment is there."""
MOST_UNSETTLED = timedelta(hours=1)
"""When the job has not come for so long, counting the whole day in its index is quicker."""

_ANSWERED = ", ".join(f"'{status}'" for status in ANSWERED)
# The statuses are spelled out so that their index is read and nothing else: a day may have 100,000 calls.
_ALL = f"""
    SELECT coalesce(sum(calls), 0) AS calls,
        coalesce(sum(calls) FILTER (WHERE status IN ({_ANSWERED})), 0) AS answered
    FROM (
        SELECT status, count(*) AS calls FROM call_logs
        WHERE status IN ({", ".join(f"'{status}'" for status in CallStatus)})
            AND started_at >= :starts_at AND started_at < :ends_at
        GROUP BY status
    ) AS by_status
"""  # noqa: S608 - put together from the words of an enum
# No row is changed before it was made, so the index over changes finds those that were made since.
_SINCE = f"""
    SELECT count(*) AS calls, count(*) FILTER (WHERE status IN ({_ANSWERED})) AS answered
    FROM call_logs
    WHERE updated_at > :since AND created_at > :since AND started_at >= :starts_at AND started_at < :ends_at
"""  # noqa: S608 - the same
_SETTLED = f"""
SELECT whole.calls - later.calls AS calls, whole.answered - later.answered AS answered
FROM ({_ALL}) AS whole CROSS JOIN ({_SINCE}) AS later
"""  # noqa: S608 - the same


@dataclass(frozen=True, slots=True)
class SettledCalls:
    """The calls of a day whose rows were made by ``until``."""

    day: date
    until: datetime
    calls: int
    answered: int


def count_settled(work: Work, day: date, zone: ZoneInfo) -> SettledCalls:
    """One statement, so that its two parts are of one moment."""
    until = work.now() - SETTLING
    row = work.session.execute(text(_SETTLED), {"since": until, **_bounds(day, zone)}).one()
    return SettledCalls(day, until, row.calls, row.answered)


def make_question(
    settled: SettledCalls | None, day: date, zone: ZoneInfo, now: datetime
) -> tuple[str, Mapping[str, Any]]:
    """A SELECT of ``calls`` and ``answered`` of the day, and its values."""
    bounds = _bounds(day, zone)
    if settled is None or settled.day != day or now - settled.until > MOST_UNSETTLED:
        return _ALL, bounds
    statement = f"""
        SELECT CAST(:settled_calls AS bigint) + later.calls AS calls,
            CAST(:settled_answered AS bigint) + later.answered AS answered
        FROM ({_SINCE}) AS later
    """  # noqa: S608 - put together from this module's own words
    values = {
        "settled_calls": settled.calls,
        "settled_answered": settled.answered,
        "since": settled.until,
    }
    return statement, {**values, **bounds}


def _bounds(day: date, zone: ZoneInfo) -> dict[str, datetime]:
    return {"starts_at": get_start(day, zone), "ends_at": get_start(day + ONE_DAY, zone)}

"""The calls of 30 days of each business and of each user, summed up from the days of businesses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from adminboard.core.work import Work

WINDOW_DAYS = 30
"""Today and the 29 days before (domain: "Dashboard figures")."""

_MERGE = """
WITH counted AS MATERIALIZED ({counted}), gone AS (
    DELETE FROM board.{table} USING counted WHERE {key} = counted.id AND counted.calls = 0 RETURNING {key}
), put AS (
    INSERT INTO board.{table} ({key}, calls_30d, refreshed_at)
    SELECT id, calls, :now FROM counted LEFT JOIN board.{table} AS kept ON kept.{key} = id
    WHERE calls > 0 AND kept.calls_30d IS DISTINCT FROM calls
    ON CONFLICT ({key}) DO UPDATE SET calls_30d = excluded.calls_30d, refreshed_at = excluded.refreshed_at
    RETURNING {key}
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""
_OF_BUSINESSES = """
    SELECT wanted.id, coalesce(sum(days.calls), 0) AS calls
    FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
    LEFT JOIN board.business_call_days AS days
        ON days.business_id = wanted.id AND days.day BETWEEN :first AND :last
    GROUP BY 1
"""
_OF_ALL_BUSINESSES = """
    SELECT coalesce(sums.business_id, figures.business_id) AS id, coalesce(sums.calls, 0) AS calls
    FROM (
        SELECT business_id, sum(calls) AS calls FROM board.business_call_days
        WHERE day BETWEEN :first AND :last GROUP BY 1
    ) AS sums FULL JOIN board.business_figures AS figures USING (business_id)
"""
_OF_OWNERS = """
    SELECT owner_id AS id, coalesce(sum(calls_30d), 0) AS calls
    FROM businesses LEFT JOIN board.business_figures ON business_id = businesses.id
    WHERE owner_id IN (SELECT owner_id FROM businesses WHERE id = ANY(CAST(:ids AS uuid[])))
    GROUP BY 1
"""
_OF_ALL_USERS = """
    SELECT coalesce(sums.owner_id, figures.user_id) AS id, coalesce(sums.calls, 0) AS calls
    FROM (
        SELECT owner_id, sum(calls_30d) AS calls
        FROM board.business_figures JOIN businesses ON businesses.id = business_id GROUP BY 1
    ) AS sums FULL JOIN board.user_figures AS figures ON figures.user_id = sums.owner_id
"""
_CALLED_ON = """
SELECT DISTINCT business_id FROM board.business_call_days
WHERE day BETWEEN :left_first AND :left_last OR day BETWEEN :come_first AND :come_last
"""


@dataclass(frozen=True, slots=True)
class Window:
    """The days of which the calls are summed up, both included."""

    last: date

    @property
    def first(self) -> date:
        return self.last - timedelta(days=WINDOW_DAYS - 1)


def sum_up_calls(work: Work, window: Window, businesses: Collection[UUID] | None = None) -> int:
    """Sums up the calls of these businesses and their owners, or of all; returns how many figures changed.

    Who has no calls in the window has no figure.
    """
    values: dict[str, Any] = {"now": work.now(), "first": window.first, "last": window.last}
    of_businesses, of_users = _OF_ALL_BUSINESSES, _OF_ALL_USERS
    if businesses is not None:
        of_businesses, of_users = _OF_BUSINESSES, _OF_OWNERS
        values |= {"ids": list(businesses)}
    changed = 0
    for table, key, counted in (
        ("business_figures", "business_id", of_businesses),
        ("user_figures", "user_id", of_users),
    ):
        statement = text(_MERGE.format(table=table, key=key, counted=counted))
        changed += work.session.scalar(statement, values) or 0
    return changed


def find_businesses_moved(work: Work, before: Window, after: Window) -> set[UUID]:
    """The businesses with calls on a day that left the window, or came into it, since it was another."""
    values = {
        "left_first": before.first,
        "left_last": after.first - timedelta(days=1),
        "come_first": before.last + timedelta(days=1),
        "come_last": after.last,
    }
    return set(work.session.scalars(text(_CALLED_ON), values))

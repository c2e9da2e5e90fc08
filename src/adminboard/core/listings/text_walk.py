"""Walking along a sort through the rows whose text matches, at a cost that hardly depends on the words.

Neither of the obvious ways does. Checking row by row along the sort takes tens of microseconds a row, since
the vector of a text is made anew each time: fine for a word in every tenth row, minutes for one in every
millionth. Taking all matches from the text index and sorting them reads a page of the table for each: fine
for a hundred, seconds for a million. So three steps, each only while the page is not full:

1. check the first `CHECKED_ROWS` on the way one by one: fills the page for frequent words;
2. of the next `WINDOW_ROWS`, take those that the text index names too, by intersecting both indexes: fills
   it for words that are neither frequent nor rare;
3. beyond that window take what the text index names: only words rarer than a page in a window come here, so
   there are few to sort. Where that is not so, it gives up with a sentence (`TooCommonTogether`).

At most five statements, whatever the words and the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import iterate

from adminboard.core.errors import InvalidInput
from adminboard.core.listings.columns import AnyRow, AnySelect, Sort
from adminboard.core.listings.keyset import CURSOR_KEY, CURSOR_VALUE, not_beyond
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.own_settings import make_settings, with_settings
from adminboard.core.listings.walks import ROW_LIMIT, Way, check_first, checking, make_walk

CHECKED_ROWS = 600
WINDOW_ROWS = 50_000
BY_INDEX = {
    "enable_seqscan": "off",
    "enable_indexscan": "off",
    # Room for a bitmap that names every row of ten million; one without room names whole pages, and then
    # each row on them is checked.
    "work_mem": "64MB",
}
"""Leaves the planner bitmaps of indexes only. It takes checking a text for a hundred times cheaper than it
is and would rather check millions than read an index."""
PATIENCE = "1s"
"""For the third step. The index knows words, not their order: when each word of a phrase is common and the
phrase is not, it names millions of rows, and each text must be read to tell."""
_OWN_PLAN = {"plan_cache_mode": "force_custom_plan"}
"""What is a good plan depends on the words."""


class TooCommonTogether(InvalidInput):
    """The words are in so many texts, and together so rarely, that looking takes too long."""

    title = "Too many texts to look through"


@dataclass(frozen=True, eq=False, slots=True)
class TextQuestion:
    """The ``conditions`` on the rows, and the one on their ``text``."""

    conditions: Sequence[ColumnElement[bool]]
    text: ColumnElement[bool]


def walk_text(
    session: Session, listing: Listing, way: Way, question: TextQuestion, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """The first rows on the way that match: ``key`` and ``value``, as many as ``values`` ask for.

    ``values`` are `walks.place_values`.
    """
    wanted: int = values[ROW_LIMIT]
    with with_settings(session, _OWN_PLAN):
        first = check_first(listing, way, question.conditions, question.text)
        found = list(session.execute(first, checking(values, CHECKED_ROWS)))
        if len(found) >= wanted:
            return found
        end = _find_place(session, make_walk(listing, way, question.conditions), values, CHECKED_ROWS)
        if end is None:
            return found
        return found + _walk_by_index(
            session, listing, replace(way, continues=True), question, end | {ROW_LIMIT: wanted - len(found)}
        )


def _find_place(
    session: Session, walk: AnySelect, values: Mapping[str, Any], steps: int
) -> dict[str, Any] | None:
    """Where one is after so many rows, as values to go on from; None when the way ends before."""
    last = session.execute(walk.offset(steps - 1), {**values, ROW_LIMIT: 1}).one_or_none()
    return None if last is None else {**values, CURSOR_VALUE: last.value, CURSOR_KEY: last.key}


def _walk_by_index(
    session: Session, listing: Listing, way: Way, question: TextQuestion, values: Mapping[str, Any]
) -> list[AnyRow]:
    """The rest of the way from a place: what lies in the window, then what lies beyond it."""
    sort, key = listing.sorts[way.sort_name], listing.key
    along = [item for item in question.conditions if _is_about(item, sort)]
    end = _find_place(session, make_walk(listing, way, along), values, WINDOW_ROWS)
    conditions = [*question.conditions, question.text]
    with by_index_of_text(session):
        if end is None:
            return list(session.execute(make_walk(listing, way, conditions), values))
        inside = not_beyond(
            sort, key, None if way.nulls else end[CURSOR_VALUE], end[CURSOR_KEY], descending=way.descending
        )
        found = list(session.execute(make_walk(listing, way, [*conditions, inside]), values))
        missing = values[ROW_LIMIT] - len(found)
        if missing > 0:
            found += _look_beyond(session, make_walk(listing, way, conditions), {**end, ROW_LIMIT: missing})
        return found


def _look_beyond(session: Session, walk: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The rows of the third step. Raises `TooCommonTogether` after `PATIENCE`."""
    try:
        with session.begin_nested(), with_settings(session, {"statement_timeout": PATIENCE}):
            return session.execute(walk, values).all()
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        raise TooCommonTogether(
            "These words are common, but not as you wrote them, so every text would have to be read. Choose "
            "a shorter time, or search for fewer or rarer words without quotes and minus signs."
        ) from error


def _is_about(condition: ColumnElement[bool], sort: Sort) -> bool:
    """Whether the condition is on the sorted column alone, so that the sort's index answers it."""
    return _columns_in(condition) <= _columns_in(sort.expression)


def _columns_in(expression: Any) -> set[Any]:
    return {part for part in iterate(expression) if getattr(part, "table", None) is not None}


@contextmanager
def by_index_of_text(session: Session) -> Iterator[None]:
    """Statements in the block are answered by bitmaps of indexes, as a condition on texts needs."""
    with with_settings(session, BY_INDEX | _OWN_PLAN):
        yield


def stay_by_index_of_text(session: Session) -> None:
    """The same for the rest of the transaction, as an export needs, whose statement ends with it."""
    make_settings(session, BY_INDEX | _OWN_PLAN)

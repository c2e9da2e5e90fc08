"""Answering a list's question: its page, at once or the keys first and then the rows, and a cheap count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnyRow
from adminboard.core.listings.filtered_walk import walk_filtered
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.keyset import Cursor, decode_cursor
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.look_ahead import look_ahead
from adminboard.core.listings.matching import Matches, find_matches
from adminboard.core.listings.page_rows import can_load_whole, load_rows, load_whole
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.text_walk import TextQuestion, by_index_of_text, walk_text
from adminboard.core.listings.walks import Way, make_walk, place_values
from adminboard.core.work import moment
from adminboard.db.engine import planned_anew

COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows match; not ``exact`` means "more than ``value``"."""

    value: int
    exact: bool


class _Place(NamedTuple):
    """Where a row stands in a list, as a walk gives it."""

    key: Any
    value: Any


@dataclass(frozen=True, eq=False, slots=True)
class Page:
    """One page of a list. Rows carry each column by its name, ``key`` and the listing's extras.

    ``count`` is None where only counting would tell (`count_matches`), which can take longer than the page.
    ``first_place`` is the cursor of what lies before the first row, None where there is no row.
    """

    rows: Sequence[AnyRow]
    next_cursor: str | None
    previous_cursor: str | None
    count: Count | None
    first_place: str | None = None


def load_page(session: Session, listing: Listing, query: ListQuery) -> Page:
    """The page a query asks for. At most seven statements, whatever the data, and with filters two
    or three more for each walk (`filtered_walk`). Raises `DamagedCursor`."""
    cursor = _cursor(listing, query)
    backward = cursor is not None and cursor.backward
    if can_load_whole(listing, query):
        return _load_whole_page(session, listing, query, cursor, backward=backward)
    with _planned_for(session, query):
        matches, ahead = Matches(()), _look_ahead(session, listing, query, cursor, backward=backward)
        if ahead is None:
            matches = find_matches(session, listing, query)
        found = ahead or _find_keys(session, listing, query, matches, cursor, backward=backward)
    return _read_page(
        session, listing, query, matches, found, backward=backward, is_inside=cursor is not None
    )


def load_nearest_page(session: Session, listing: Listing, query: ListQuery) -> Page:
    """The page a query asks for, or where nothing lies beyond its place any more, the rows nearest to it: the
    last of the list, or going back the first. Who has worked off the last page goes on with the one before.

    For people: a program that asks for page after page would get rows twice. Raises `DamagedCursor`.
    """
    page, cursor = load_page(session, listing, query), _cursor(listing, query)
    if page.rows or cursor is None:
        return page
    if cursor.backward:
        return load_page(session, listing, replace(query, cursor=None))
    if can_load_whole(listing, query):
        return _load_whole_page(session, listing, query, None, backward=True)
    with _planned_for(session, query):
        matches = find_matches(session, listing, query)
        found = _find_keys(session, listing, query, matches, None, backward=True)
    return _read_page(session, listing, query, matches, found, backward=True, is_inside=False)


def _planned_for(session: Session, query: ListQuery) -> AbstractContextManager[None]:
    """What is looked for decides what a good plan is."""
    return planned_anew(session) if query.term or query.conditions else nullcontext()


def _load_whole_page(
    session: Session, listing: Listing, query: ListQuery, cursor: Cursor | None, *, backward: bool
) -> Page:
    """The page at a place of a list that is only ordered, or without one at its end on that side: a
    statement, and where rows without a value begin on it another."""
    rows: list[AnyRow] = []
    for way, inside in _ways(query, cursor, backward=backward):
        if len(rows) <= query.limit:
            values = place_values(session, query.limit + 1, inside)
            rows += load_whole(session, listing, query, way, values)
    found = [_Place(row.key, row.place_value) for row in rows[: query.limit + 1]]
    del rows[query.limit :]
    if backward:
        rows.reverse()
    return _make_page(query, found, rows, Matches(()), backward=backward, is_inside=cursor is not None)


def _read_page(
    session: Session,
    listing: Listing,
    query: ListQuery,
    matches: Matches,
    found: Sequence[AnyRow],
    *,
    backward: bool,
    is_inside: bool,
) -> Page:
    """The page of what a walk found, whose rows are read by their keys."""
    keys = [place.key for place in found[: query.limit]]
    if backward:
        keys.reverse()
    rows = load_rows(session, listing, query, keys)
    return _make_page(query, found, rows, matches, backward=backward, is_inside=is_inside)


def _make_page(
    query: ListQuery,
    found: Sequence[AnyRow | _Place],
    rows: Sequence[AnyRow],
    matches: Matches,
    *,
    backward: bool,
    is_inside: bool,
) -> Page:
    """The page of what a walk found, in the direction of travel, and the rows in the order they are shown.
    ``is_inside`` where it began at a place, not at an end of the list."""
    more = len(found) > query.limit
    places = list(found[: query.limit])
    if backward:
        places.reverse()
    has_next = bool(places) and (is_inside if backward else more)
    has_previous = bool(places) and (more if backward else is_inside)
    return Page(
        rows=rows,
        next_cursor=_place(query, places[-1], backward=False) if has_next else None,
        previous_cursor=_place(query, places[0], backward=True) if has_previous else None,
        count=_known_count(matches, rows, is_whole=not is_inside and not more),
        first_place=_place(query, places[0], backward=True) if places else None,
    )


def count_before(session: Session, listing: Listing, query: ListQuery, limit: int) -> Count:
    """How many rows lie beyond the query's place, or are there at all where it has none; counted to
    ``limit``.

    It is found as a page is, so it costs no more. Raises `DamagedCursor`.
    """
    cursor = _cursor(listing, query)
    backward = cursor is not None and cursor.backward
    asked = replace(query, limit=limit)
    with _planned_for(session, query):
        matches = find_matches(session, listing, query)
        found = len(_find_keys(session, listing, asked, matches, cursor, backward=backward))
    return Count(min(found, limit), exact=found <= limit)


def _known_count(matches: Matches, rows: Sequence[AnyRow], *, is_whole: bool) -> Count | None:
    if is_whole:
        return Count(len(rows), exact=True)
    return None if matches.known is None else Count(matches.known, exact=True)


def _cursor(listing: Listing, query: ListQuery) -> Cursor | None:
    if query.cursor is None:
        return None
    value_type = query.sort.expression.type
    return decode_cursor(query.cursor, query.sort_parameter, value_type, listing.key.type)


def _place(query: ListQuery, row: AnyRow | _Place, *, backward: bool) -> str:
    return Cursor(query.sort_parameter, row.value, row.key, backward).encode()


def _find_keys(
    session: Session,
    listing: Listing,
    query: ListQuery,
    matches: Matches,
    cursor: Cursor | None,
    *,
    backward: bool,
) -> list[AnyRow]:
    """Keys and sort values of the page and one more row, in the direction of travel; without a cursor from
    the list's end on that side.

    Rows without a value are a walk of their own, because "values first, then nulls" is no order an index over
    both can give in either direction.
    """
    found: list[AnyRow] = []
    for way, inside in _ways(query, cursor, backward=backward):
        missing = query.limit + 1 - len(found)
        if missing > 0:
            found += _go(session, listing, query, way, matches, place_values(session, missing, inside))
    return found


def _ways(query: ListQuery, cursor: Cursor | None, *, backward: bool) -> Iterator[tuple[Way, Cursor | None]]:
    """The walks of a query one after the other, and the place each goes on from."""
    phases = [False, True] if query.sort.nullable else [False]
    if query.sort.nulls_first(descending=query.descending) != backward:
        phases.reverse()
    if cursor is not None and query.sort.nullable:
        phases = phases[phases.index(cursor.value is None) :]
    for nulls in phases:
        inside = cursor if cursor is not None and (cursor.value is None) == nulls else None
        descending = query.descending != backward
        yield Way(query.sort_name, descending, nulls=nulls, continues=inside is not None), inside


def _look_ahead(
    session: Session, listing: Listing, query: ListQuery, cursor: Cursor | None, *, backward: bool
) -> Sequence[AnyRow] | None:
    way, inside = next(_ways(query, cursor, backward=backward))
    return look_ahead(session, listing, query, way, place_values(session, query.limit + 1, inside))


def _go(
    session: Session,
    listing: Listing,
    query: ListQuery,
    way: Way,
    matches: Matches,
    values: Mapping[str, Any],
) -> Sequence[AnyRow]:
    if matches.text is not None:
        return walk_text(session, listing, way, TextQuestion(matches.conditions, matches.text), values)
    if query.conditions and not any(condition.narrows for condition in query.conditions):
        return walk_filtered(session, listing, way, matches, values)
    return session.execute(make_walk(listing, way, matches.walking), values).all()


def count_matches(session: Session, listing: Listing, query: ListQuery) -> Count:
    """How many rows match, counted up to 10,000, or wholly where the query asks for it."""
    with _planned_for(session, query):
        return _count_matches(session, listing, query)


def _count_matches(session: Session, listing: Listing, query: ListQuery) -> Count:
    matches = find_matches(session, listing, query)
    if matches.known is not None:
        return Count(matches.known, exact=True)
    counted = select_count(listing, matches.clauses, limit=None if query.exact_count else COUNT_LIMIT + 1)
    with by_index_of_text(session) if matches.text is not None else nullcontext():
        number = session.scalar(counted, {"now": moment(session)}) or 0
    if number > COUNT_LIMIT and not query.exact_count:
        return Count(COUNT_LIMIT, exact=False)
    return Count(number, exact=True)


def select_count(
    listing: Listing, clauses: Sequence[ColumnElement[bool]], *, limit: int | None = COUNT_LIMIT + 1
) -> Select[int]:
    """Counts the rows that meet all of these, at most so many. Wants `NOW`."""
    # Some column must be named, or a listing without conditions has no FROM to count over.
    wanted = select(listing.key.label("key")).where(*clauses)
    matching = select_pruned(listing.select, wanted)
    return select(func.count()).select_from(matching.limit(limit).subquery())

"""Walking along a sort of a listing, from its beginning or from a place, through one index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, null, select
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.keyset import CURSOR_KEY, CURSOR_VALUE, Cursor, after
from adminboard.core.listings.listing import Listing
from adminboard.core.work import moment

ROW_LIMIT, FOUND_LIMIT = "row_limit", "found_limit"


@dataclass(frozen=True, slots=True)
class Way:
    """A walk along a sort: its direction, whether through the rows without a value, whether from a place."""

    sort_name: str
    descending: bool
    nulls: bool
    continues: bool


def place_values(session: Session, limit: int, cursor: Cursor | None) -> dict[str, Any]:
    """What a walk's statement is executed with: how many rows, and the place it goes on from."""
    values = {"now": moment(session), ROW_LIMIT: limit}
    return values if cursor is None else values | {CURSOR_VALUE: cursor.value, CURSOR_KEY: cursor.key}


def make_walk(
    listing: Listing,
    way: Way,
    conditions: Sequence[ColumnElement[bool]],
    *more_columns: ColumnElement[Any],
) -> AnySelect:
    """Keys (``key``) and sort values (``value``) of the rows on the way, in its order, up to `ROW_LIMIT`."""
    if not conditions and not more_columns:
        return _walk_of_all(listing, way)
    return _make_walk(listing, way, conditions, more_columns)


def check_first(
    listing: Listing, way: Way, conditions: Sequence[ColumnElement[bool]], wanted: ColumnElement[bool]
) -> AnySelect:
    """Of the first rows on the way those that are wanted too. It stops when there are enough (`checking`)."""
    # A number and not a truth value: of those the planner expects every second to be true, and would choose
    # the walk that gives a few rows soon, however long it takes for all of them.
    found = case((wanted, 1), else_=0).label("found")
    checked = make_walk(listing, way, conditions, found).subquery()
    return (
        select(checked.c.key, checked.c.value)
        .where(checked.c.found == 1)
        .order_by(*order_of(way, checked.c.value, checked.c.key))
        .limit(bindparam(FOUND_LIMIT, type_=Integer))
    )


def order_of(way: Way, value: Expression, key: Expression) -> list[ColumnElement[Any]]:
    """The order of the way, of rows whose sort value and key these are."""
    order = [key] if way.nulls else [value, key]
    return [item.desc() if way.descending else item.asc() for item in order]


def checking(values: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """The values of a walk for `check_first`, which checks so many rows."""
    return {**values, ROW_LIMIT: rows, FOUND_LIMIT: values[ROW_LIMIT]}


@lru_cache(maxsize=2_000)
def _walk_of_all(listing: Listing, way: Way) -> AnySelect:
    """The walk without conditions, made once: putting a statement together takes longer than running it."""
    return _make_walk(listing, way, (), ())


def _make_walk(
    listing: Listing,
    way: Way,
    conditions: Sequence[ColumnElement[bool]],
    more_columns: Sequence[ColumnElement[Any]],
) -> AnySelect:
    sort, key = listing.sorts[way.sort_name], listing.key
    tiebreak = sort.tiebreak if sort.tiebreak is not None and not way.nulls else key
    value: Any = null() if way.nulls else sort.expression
    clauses = list(conditions)
    if sort.nullable:
        given = sort.expression if sort.given_by is None else sort.given_by
        clauses.append(sort.presence.is_(None) if way.nulls else given.is_not(None))
    if way.continues and way.nulls:
        place: Any = bindparam(CURSOR_KEY, type_=key.type)
        clauses.append(key < place if way.descending else key > place)
    elif way.continues:
        clauses.append(after(sort, key, descending=way.descending))
    wanted = select(key.label("key"), value.label("value"), *more_columns).where(*clauses)
    ordered = wanted.order_by(*order_of(way, sort.expression, tiebreak))
    walk = select_pruned(listing.select, ordered).limit(bindparam(ROW_LIMIT, type_=Integer))
    if listing.in_order is None or way.nulls:
        return walk
    return listing.in_order(walk, way.sort_name, way.descending)

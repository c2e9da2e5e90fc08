"""The rows of a page: by keys that were found, or in one statement with the walk that finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, cast, func, literal_column, null, select
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnyRow, AnySelect
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.query import PAGE_SIZES, ListQuery
from adminboard.core.listings.search import SearchSource
from adminboard.core.listings.walks import ROW_LIMIT, Way, make_walk
from adminboard.core.work import moment

PAGE_KEYS, SEARCHED_TERM = "page_keys", "searched_term"


def load_rows(session: Session, listing: Listing, query: ListQuery, keys: Sequence[Any]) -> list[AnyRow]:
    """The rows with these keys, in their order; what is gone since they were found is left out."""
    if not keys:
        return []
    search = listing.search if query.term else None
    marking = search.marking_source(query.term, exact=query.masked) if search else None
    values = {"now": moment(session), PAGE_KEYS: list(keys)}
    if marking is not None:
        values[SEARCHED_TERM] = query.term
    statement = _rows_by_key(listing, query.masked, marking)
    if listing.keys_repeat:
        statement = statement.where(*(item.clause for item in query.conditions if item.narrows))
    rows = session.execute(statement, values)
    by_key = {row.key: row for row in rows}
    return [by_key[key] for key in keys if key in by_key]


def can_load_whole(listing: Listing, query: ListQuery) -> bool:
    """Whether a page needs no more than a place in the list's own order, so that one statement finds and
    reads it.

    Other orders would have such a statement each, which a connection sees too rarely to have it planned, and
    planning the rows takes longer than asking twice; in steps all orders share the statement of the rows.
    """
    is_sought = query.term or query.conditions or query.scope
    is_usual = query.sort_parameter == listing.sort and query.limit in PAGE_SIZES
    return is_usual and not is_sought and listing.of_page is None and not listing.keys_repeat


def load_whole(
    session: Session, listing: Listing, query: ListQuery, way: Way, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """The next rows on the way, as `load_rows` gives them, each with its sort value as ``place_value``.
    ``values`` are `walks.place_values`."""
    statement = _whole_page(listing, query.masked, way, values[ROW_LIMIT])
    return session.execute(statement, values).all()


@lru_cache(maxsize=200)
def _rows_by_key(listing: Listing, masked: bool, marking: SearchSource | None) -> AnySelect:
    """The rows of a page by their keys, one statement for every page of the listing."""
    keys = bindparam(PAGE_KEYS, type_=ARRAY(listing.key.type))
    rows = select_rows(listing, masked=masked).where(listing.key == func.any(keys))
    if listing.of_page is not None:
        rows = listing.of_page(rows)
    if marking is None:
        return rows
    columns = [listing.columns_by_name[name] for name in marking.marks]
    term = bindparam(SEARCHED_TERM, type_=Text)
    return rows.add_columns(
        *(
            marking.mark(column.expression(masked=masked).element, term).label(f"{column.name}_marked")
            for column in columns
        )
    )


@lru_cache(maxsize=2_000)
def _whole_page(listing: Listing, masked: bool, way: Way, limit: int) -> AnySelect:
    """A walk, and the rows at the keys it finds.

    Its keys are one array, of which PostgreSQL expects few, as of a parameter: joined, or asked for with IN,
    it might read all of a table for what it takes to be many. The limit is a number of the statement, since
    of a parameter it expects a tenth of the table and so would plan the statement anew each time.
    """
    walk = make_walk(listing, way, ()).limit(literal_column(str(limit))).subquery("walk")
    found = func.array(select(walk.c.key).scalar_subquery()).label("found")
    page = select(found).cte("page").prefix_with("MATERIALIZED", dialect="postgresql")
    # The cast makes an expression of it: ANY of a bare SELECT would ask for one key in each of its rows.
    keys = cast(select(page.c.found).scalar_subquery(), ARRAY(listing.key.type))
    value: Any = null() if way.nulls else listing.sorts[way.sort_name].expression
    rows = select_rows(listing, masked=masked).add_columns(value.label("place_value"))
    return rows.where(listing.key == func.any(keys)).order_by(func.array_position(keys, listing.key))


def select_rows(listing: Listing, *, masked: bool) -> AnySelect:
    """The listing's SELECT with every column under its name, the key, companions and extras."""
    columns = [column.expression(masked=masked) for column in listing.columns]
    companions = [
        column.companion.label(f"{column.name}_companion")
        for column in listing.columns
        if column.companion is not None
    ]
    extras = [expression.label(name) for name, expression in listing.extras.items()]
    return listing.select.with_only_columns(listing.key.label("key"), *columns, *companions, *extras)

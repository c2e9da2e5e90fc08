"""CSV of a whole filtered list: PostgreSQL makes the text, the board passes it on (guarantee 18).

Every value leaves the database as finished text, so the cost here does not depend on the number of rows
and memory stays flat.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any
from typing import cast as cast_type

from psycopg import Connection, sql
from sqlalchemy import ColumnElement, Text, case, cast, func, literal
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import NOTHING, AnySelect, Column
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.matching import find_matches
from adminboard.core.listings.money_text import write_credits, write_money
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.text_walk import stay_by_index_of_text
from adminboard.core.work import moment

FORMULA_START = "^([=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20])"
"""What makes a spreadsheet run a cell: the ASCII signs, their full-width forms, tab and line breaks."""

PIECE_BYTES = 64 * 1024
BYTE_ORDER_MARK = "\ufeff".encode()
"""Tells spreadsheets that the text is UTF-8."""
_NUMERIC_CELLS = {"number", "credits", "signed_credits", "money", "duration"}


def export_statement(session: Session, listing: Listing, query: ListQuery) -> AnySelect:
    """The SELECT behind the CSV: all offered columns as safe text, all matching rows, in the list's order."""
    columns = [_text_of(column, masked=query.masked).label(_heading_of(column)) for column in listing.columns]
    matches = find_matches(session, listing, query)
    if matches.text is not None:
        stay_by_index_of_text(session)
    sort = query.sort
    order: list[ColumnElement[Any]] = [
        item.desc() if query.descending else item.asc() for item in (sort.expression, listing.key)
    ]
    if sort.nullable:
        nulls_first = sort.nulls_first(descending=query.descending)
        order[0] = order[0].nulls_first() if nulls_first else order[0].nulls_last()
    return listing.select.with_only_columns(*columns).where(*matches.clauses).order_by(*order)


def stream_csv(session: Session, statement: AnySelect) -> Generator[bytes]:
    """Streams the statement as CSV with a header, in pieces as PostgreSQL sends them.

    The session's connection is busy until the generator ends or is closed; its timeout should have been
    lifted.
    """
    compiled = statement.compile(dialect=session.get_bind().dialect)
    spelled_out = compiled.construct_expanded_state({"now": moment(session)})
    connection = cast_type("Connection[Any]", session.connection().connection.dbapi_connection)
    query = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(sql.SQL(spelled_out.statement))
    with connection.cursor() as cursor, cursor.copy(query, spelled_out.parameters) as copy:
        yield from _gathered(copy)


def _gathered(rows: Iterable[memoryview | bytearray | bytes]) -> Iterator[bytes]:
    """Rows as pieces of some size: each piece costs a way through the web server.

    Nothing comes before the first rows, so that a query which fails is still answered as an error.
    """
    piece = bytearray(BYTE_ORDER_MARK)
    for row in rows:
        piece += row
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _heading_of(column: Column) -> str:
    """The column's label; with the unit of what a page shows as 1:15 and a file as 75."""
    return f"{column.label} (seconds)" if column.cell == "duration" else column.label


def _text_of(column: Column, *, masked: bool) -> ColumnElement[Any]:
    value = column.expression(masked=masked).element
    if column.cell == "datetime":
        return func.to_char(func.timezone("UTC", value), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    if column.cell in ("credits", "signed_credits"):
        return write_credits(value, signed=column.cell == "signed_credits")
    if column.cell == "money":
        assert column.companion is not None, f"the amount {column.name} has no currency"
        return write_money(value, column.companion)
    if column.cell in _NUMERIC_CELLS:
        return cast(value, Text)
    if column.cell == "boolean":
        return case((value.is_(True), "yes"), (value.is_(False), "no"))
    text = defuse(cast(value, Text))
    return text if column.missing == NOTHING else func.coalesce(text, column.missing)


def defuse_text(text: str) -> str:
    """As `defuse`, for text that is here already."""
    return f"'{text}" if re.match(FORMULA_START, text) else text


def defuse(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what would start one.

    Names the value once, since it may be a subquery.
    """
    return func.regexp_replace(value, literal(FORMULA_START), literal(r"'\1"))

"""Which pages read a table: what is named when the table is not as they need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql import visitors

from adminboard.areas import AREAS


def name_pages(table: str, how: str = ": breaks") -> str:
    """The addresses of the lists that read the table, as the end of a sentence; empty where none does."""
    pages = _pages_by_table().get(table, ())
    return f"{how} {', '.join(pages)}" if pages else ""


@cache
def _pages_by_table() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for area in AREAS:
        for listing in area.listings:
            expressions = [listing.select, *(column.value for column in listing.columns)]
            for table in _tables(expressions):
                found.setdefault(f"{table.schema or 'public'}.{table.name}", set()).add(listing.path)
    return {name: tuple(sorted(paths)) for name, paths in found.items()}


def _tables(expressions: Iterable[Any]) -> set[Table]:
    return {
        element
        for expression in expressions
        if expression is not None
        for element in visitors.iterate(expression)
        if isinstance(element, Table)
    }

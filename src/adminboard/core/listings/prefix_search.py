"""Searching numbers and codes by their beginning."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.filters import escape_like
from adminboard.core.listings.search import SearchSource


@dataclass(frozen=True, eq=False)
class Prefix(SearchSource):
    """A number or code by its beginning, in capitals or not.

    Needs an index on lower(column) with text_pattern_ops. Readers who may search by whole values only find
    the whole of it.
    """

    column: Expression
    through: AnySelect | None = None

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        number = func.lower(self.column)
        return number == term.lower() if exact else number.like(f"{escape_like(term.lower())}%")

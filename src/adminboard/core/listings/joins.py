"""Leaving out joins nobody asked for: keys and counts need few of the tables that rows need.

PostgreSQL leaves out a LEFT JOIN only when a whole unique index proves that it adds no rows; a partial
one, like "one live subscription each", does not count. A listing promises it for all its joins, so it is
done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import FromClause, Join
from sqlalchemy.sql.visitors import iterate

from adminboard.core.listings.columns import AnySelect


def select_pruned(source: AnySelect, wanted: AnySelect) -> AnySelect:
    """``wanted`` over the FROM of ``source``, without the LEFT joins of tables ``wanted`` does not mention.

    ``source`` has one FROM and perhaps conditions of its own, which are kept; ``wanted`` has columns,
    conditions and order, and no FROM.
    """
    if source.whereclause is not None:
        wanted = wanted.where(source.whereclause)
    return wanted.select_from(_prune(_whole_from(source), tables_in(wanted)))


@lru_cache(maxsize=512)
def _whole_from(source: AnySelect) -> FromClause:
    """The FROM of a SELECT. SQLAlchemy compiles the whole of it to tell, and a listing's never changes."""
    (whole,) = source.get_final_froms()
    return whole


def _prune(source: FromClause, needed: set[Any]) -> FromClause:
    """The joins from the last one inwards; one that stays also needs what its own condition names."""
    if not isinstance(source, Join):
        return source
    if source.isouter and source.right not in needed:
        return _prune(source.left, needed)
    left = _prune(source.left, needed | tables_in(source.onclause))
    return Join(left, source.right, source.onclause, isouter=source.isouter, full=source.full)


@lru_cache(maxsize=512)
def tables_of(source: AnySelect) -> frozenset[FromClause]:
    """The tables that a SELECT from one of them and its joins reads."""
    return frozenset(_leaves(_whole_from(source)))


def _leaves(source: FromClause) -> Iterator[FromClause]:
    if isinstance(source, Join):
        yield from _leaves(source.left)
        yield source.right
    else:
        yield source


def tables_in(element: Any) -> set[Any]:
    """The tables whose columns occur in the expression, in its subqueries too."""
    tables = {getattr(part, "table", None) for part in iterate(element)}
    return tables - {None}

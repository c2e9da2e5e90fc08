"""How a source's newest rows beyond a place are found, as SQL: by an index of the customer's, or through
their members.

Every statement here takes what a page asks for by parameters, so that one text, and one plan, serves all
pages. Which way is taken through members is decided in PostgreSQL, within the statement (docs/adr/0014).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Lateral,
    Select,
    Uuid,
    and_,
    bindparam,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.customers.timeline.places import Stretch

Keys = Select[Any, Any]
"""Rows as (at, id)."""
Column = InstrumentedAttribute[Any]
CUSTOMER = bindparam("customer", type_=Uuid())
ROWS: Any = bindparam("rows", type_=Integer)
"""How many rows are wanted at most."""
MOST_PROBED_AT_ONCE = 300
"""Of so many owners each one's newest row is looked up at once; of more only where the walk found too
little."""
MOST_WALKED = 5_000
"""So many of all customers' rows are looked at along the time index for those of many owners."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through one source between two places, which are given on execution (`values_of`)."""

    source: str
    backward: bool

    def inside(self, at: Column, id_: Column) -> ColumnElement[bool]:
        """The rows of the stretch: comparisons of rows, for which one index over both columns is enough."""
        here = tuple_(at, id_)
        return and_(here < self._place("before"), here > self._place("after"))

    def _place(self, name: str) -> ColumnElement[Any]:
        return tuple_(
            bindparam(f"{self.source}_{name}_at", type_=DateTime(timezone=True)),
            bindparam(f"{self.source}_{name}_id", type_=Uuid()),
        )

    def values_of(self, stretch: Stretch) -> Mapping[str, Any]:
        """What the statement is executed with to walk through this stretch."""
        ends = {"after": stretch.after, "before": stretch.before}
        return {
            f"{self.source}_{name}_{part}": value
            for name, end in ends.items()
            for part, value in zip(("at", "id"), end, strict=True)
        }

    def ordered(self, *columns: Any) -> list[Any]:
        """The order of the walk: newest first, or oldest first when it goes back."""
        return [column.asc() if self.backward else column.desc() for column in columns]


def walk_along(walk: Walk, of_customer: ColumnElement[bool], at: Column, id_: Column) -> Keys:
    """The rows of the customer, from one stretch of one index over whose they are, time and id."""
    wanted = select(at.label("at"), id_.label("id")).where(of_customer, walk.inside(at, id_))
    return wanted.order_by(*walk.ordered(at, id_)).limit(ROWS)


def walk_through_owners(walk: Walk, owners: Select[Any], owner: Column, at: Column, id_: Column) -> Keys:
    """The rows of many owners. ``owners`` selects their ids as ``id``; ``owner`` is whose a row is.

    Few owners: the newest row of each is looked up, by the index over (owner, time, id). Only as many owners
    as rows are wanted, those with the newest, can be on the page at all; theirs alone are read on. Of many
    owners the rows of everybody are looked at first, along the time index up to `MOST_WALKED`: owners who are
    many are met there soon, unless they were quiet, and then each is looked up after all.
    """
    owning = owners.cte(f"{walk.source}_owners").prefix_with("MATERIALIZED")
    passed = _everybody(walk, owner, at, id_, when=_count(owning) > MOST_PROBED_AT_ONCE)
    is_theirs = passed.c.owner.in_(select(owning.c.id))
    met = select(passed.c.at, passed.c.id).where(is_theirs)
    met = met.order_by(*walk.ordered(passed.c.at, passed.c.id)).limit(ROWS)
    found = met.cte(f"{walk.source}_met").prefix_with("MATERIALIZED")
    is_enough = or_(_count(found) >= ROWS, _count(passed).between(1, MOST_WALKED - 1))
    looked_up = _look_up(walk, owning, owner, at, id_, when=not_(is_enough))
    either = union_all(select(found.c.at, found.c.id).where(is_enough), looked_up).subquery()
    return select(either.c.at, either.c.id)


def _everybody(walk: Walk, owner: Column, at: Column, id_: Column, *, when: ColumnElement[bool]) -> CTE:
    """The rows of all owners there are, along the time index."""
    rows = select(at.label("at"), id_.label("id"), owner.label("owner")).where(when, walk.inside(at, id_))
    nearest = rows.order_by(*walk.ordered(at, id_)).limit(MOST_WALKED)
    return nearest.cte(f"{walk.source}_passed").prefix_with("MATERIALIZED")


def _look_up(
    walk: Walk, owning: CTE, owner: Column, at: Column, id_: Column, *, when: ColumnElement[bool]
) -> Select[Any, Any]:
    first = _rows_of(walk, owning.c.id, owner, at, id_, limit=1)
    nearest = select(owning.c.id.label("owner")).where(when).join(first, true())
    nearest = nearest.order_by(*walk.ordered(first.c.at, first.c.id)).limit(ROWS)
    chosen = nearest.subquery(f"{walk.source}_chosen")
    rows = _rows_of(walk, chosen.c.owner, owner, at, id_, limit=ROWS)
    read = select(rows.c.at, rows.c.id).select_from(chosen.join(rows, true()))
    return read.order_by(*walk.ordered(rows.c.at, rows.c.id)).limit(ROWS)


def _rows_of(walk: Walk, whose: Any, owner: Column, at: Column, id_: Column, *, limit: Any) -> Lateral:
    rows = select(at.label("at"), id_.label("id")).where(owner == whose, walk.inside(at, id_))
    return rows.order_by(*walk.ordered(at, id_)).limit(limit).lateral()


def _count(rows: CTE) -> ColumnElement[int]:
    return select(func.count()).select_from(rows).scalar_subquery()

"""How a source's newest rows beyond a place are found, as SQL: by an index of the customer's, or through
their members.

Every statement here takes what a page asks for by parameters, so that one text, and one plan, serves all
pages. Which of the ways through members is taken, `searching` decides (docs/adr/0016).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.customers.timeline.places import Stretch

Keys = Select[Any, Any]
"""Rows as (at, id)."""
Column = InstrumentedAttribute[Any]
CUSTOMER = bindparam("customer", type_=Uuid())
SOME_MEMBERS = 200
"""So many members stand for all of a large customer's."""
ROWS: Any = bindparam("rows", type_=Integer)
"""How many rows are wanted at most."""
PASSED: Any = bindparam("passed", type_=Integer)
"""How many rows are read at most."""
SAMPLED: Any = bindparam("sampled", type_=Integer)
"""How many rows of some owners are asked when they happened."""


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """The columns by which a source's rows are found. ``owner`` is whose a row is, ``at`` when it
    happened. Only rows of which ``chosen`` is true are lines, where it is given: of a customer's own rows."""

    owner: Column
    at: Column
    id: Column
    chosen: ColumnElement[bool] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Owners:
    """Whose the rows of a source are: ``ids`` selects all of the customer's as ``id``, ``some`` those of
    `SOME_MEMBERS`, ``include`` tells whether an owner is one of them.

    The last has to be a comparison with a subquery, one index probe after the other. EXISTS and joins let the
    planner begin with all members of the customer, of whom it knows no number once a plan is generic.
    """

    ids: Select[Any]
    some: Select[Any]
    include: Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through one source between two places, which are given on execution (`values_of`)."""

    source: str
    backward: bool

    def inside(self, table: Table) -> ColumnElement[bool]:
        """The rows of the stretch: comparisons of rows, for which one index over both columns is enough."""
        here = tuple_(table.at, table.id)
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


def walk_along(walk: Walk, table: Table) -> Keys:
    """The rows of the customer, who owns them: one stretch of the index over (owner, time, id)."""
    wanted = select(table.at.label("at"), table.id.label("id"))
    wanted = wanted.where(table.owner == CUSTOMER, walk.inside(table))
    if table.chosen is not None:
        wanted = wanted.where(table.chosen)
    return wanted.order_by(*walk.ordered(table.at, table.id)).limit(ROWS)


def look_up(walk: Walk, owners: Owners, table: Table) -> Keys:
    """The rows of all owners: the newest of each, by the index over (owner, time, id), and then the rows of
    those whose newest are the newest. No more of them than rows are wanted can be on the page at all.

    It costs a few microseconds for each owner there is, and never more than that.
    """
    whose = owners.ids.cte(f"{walk.source}_owners").prefix_with("MATERIALIZED")
    first = _rows_of(walk, whose.c.id, table, limit=1)
    nearest = select(whose.c.id.label("owner")).join(first, true())
    chosen = nearest.order_by(*walk.ordered(first.c.at, first.c.id)).limit(ROWS).subquery()
    rows = _rows_of(walk, chosen.c.owner, table, limit=ROWS)
    read = select(rows.c.at, rows.c.id).select_from(chosen.join(rows, true()))
    return read.order_by(*walk.ordered(rows.c.at, rows.c.id)).limit(ROWS)


def sample(walk: Walk, owners: Owners, table: Table) -> Select[Any]:
    """When the nearest `SAMPLED` rows of some of the owners happened, as ``at``."""
    some = owners.some.cte(f"{walk.source}_some").prefix_with("MATERIALIZED")
    rows = _rows_of(walk, some.c.id, table, limit=SAMPLED)
    met = select(rows.c.at).select_from(some.join(rows, true()))
    return met.order_by(*walk.ordered(rows.c.at)).limit(SAMPLED)


def _rows_of(walk: Walk, owner: Any, table: Table, *, limit: Any) -> FromClause:
    rows = select(table.at.label("at"), table.id.label("id")).where(table.owner == owner, walk.inside(table))
    return rows.order_by(*walk.ordered(table.at, table.id)).limit(limit).lateral()


def count_all(walk: Walk, table: Table) -> Select[Any, Any, Any]:
    """How many rows of everybody are in the stretch, at most `PASSED`, along the time index, and when the
    ``first`` and the ``last`` of those happened."""
    passed = _pass_all(walk, table).subquery()
    return select(
        func.count().label("rows"),
        func.min(passed.c.at).label("first"),
        func.max(passed.c.at).label("last"),
    ).select_from(passed)


def meet(walk: Walk, owners: Owners, table: Table) -> Keys:
    """The owners' rows among the first `PASSED` of everybody's along the time index, asking each whose it
    is."""
    passed = _pass_all(walk, table).subquery()
    return _nearest(walk, passed, owners.include(passed.c.owner))


def sift(walk: Walk, owners: Owners, table: Table) -> Keys:
    """The same, with all owners gathered into a set first: dearer to begin with, and far cheaper for each
    row."""
    passed = _pass_all(walk, table).subquery()
    # In a CASE the set is a subplan, made once and hashed. As a join its plan would depend on how many owners
    # the planner takes there to be, of which it knows nothing once a plan is generic.
    return _nearest(walk, passed, case((passed.c.owner.in_(owners.ids), 1), else_=0) == 1)


def gather(walk: Walk, owners: Owners, table: Table) -> Keys:
    """All rows of the owners in the stretch, by one scan of the index over (owner, time, id) that leaps from
    owner to owner: less than half of what `look_up` costs for each, but every row there is read.

    ``read`` is how many were; from `PASSED` on there may have been more.
    """
    whose = any_(func.array(owners.ids.scalar_subquery(), type_=ARRAY(Uuid)))
    rows = select(table.at.label("at"), table.id.label("id")).where(table.owner == whose, walk.inside(table))
    found = rows.limit(PASSED).subquery()
    return _nearest(walk, found).add_columns(func.count().over().label("read"))


def _pass_all(walk: Walk, table: Table) -> Select[Any]:
    """The first `PASSED` rows of everybody in the stretch, along the time index."""
    rows = select(table.at.label("at"), table.id.label("id"), table.owner.label("owner"))
    rows = rows.where(walk.inside(table)).order_by(*walk.ordered(table.at, table.id))
    return rows.limit(PASSED)


def _nearest(walk: Walk, found: FromClause, *conditions: ColumnElement[bool]) -> Keys:
    rows = select(found.c.at, found.c.id).where(*conditions)
    return rows.order_by(*walk.ordered(found.c.at, found.c.id)).limit(ROWS)

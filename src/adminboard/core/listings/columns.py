"""Columns of a listing: a label, an expression, how it is shown, and how it is sorted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ARRAY, ColumnElement, Row, Select, any_, bindparam
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType

from adminboard.core.masking import Mask, mask_in_sql

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]
AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]


NOTHING = "N/A"
"""What stands where there is no value, unless a column says it better; files leave the place empty."""


@dataclass(frozen=True, eq=False, slots=True)
class Sort:
    """How a column is sorted, by keyset.

    ``expression`` with ``tiebreak`` after it must be covered by one index, or a deep page is slow.
    ``tiebreak`` defaults to the listing's key; a column of a joined table names that table's own copy of the
    key, because a row comparison can only use an index of one table. A column of a table that rows share,
    like a business's name for its agents, is not unique with any tie-break and cannot be sorted by.
    ``nullable`` sorts rows without a value last in both directions; with ``nulls_are_least``, for those that
    are shown as zero, they stand where that belongs.

    Raises `TypeError` for an expression whose type is not known, since a cursor has to be read back into it:
    ``func.lower(column, type_=String)``; and for a column that may be null without ``nullable``, since pages
    would lose its empty rows.
    """

    expression: Expression
    tiebreak: Expression | None = None
    nullable: bool = False
    nulls_are_least: bool = False
    given_by: Expression | None = None
    """What is null in exactly the rows without a value, where the planner cannot tell by the expression: the
    key of a subquery that is joined."""

    def __post_init__(self) -> None:
        if isinstance(self.expression.type, NullType):
            raise TypeError(f"the type of {self.expression} is not known; name it where it is made")
        if _may_be_null(self.expression) and not self.nullable:
            raise TypeError(f"{self.expression} may be null, and its empty rows would be lost: nullable=True")

    @property
    def presence(self) -> Expression:
        """What is null in exactly the rows without a value.

        Of a joined row whose column always has a value that is its key, named by ``tiebreak``: the planner
        sees that such rows have no partner in the join, and so how many they are.
        """
        if self.given_by is not None:
            return self.given_by
        is_joined = self.tiebreak is not None and isinstance(self.expression, InstrumentedAttribute)
        if self.tiebreak is None or not is_joined or _may_be_null(self.expression):
            return self.expression
        return self.tiebreak

    def nulls_first(self, *, descending: bool) -> bool:
        """Whether rows without a value come before all others."""
        return self.nullable and self.nulls_are_least and not descending


def _may_be_null(expression: Expression) -> bool:
    """Whether it is a plain column that may hold null; of a made expression its author knows better."""
    if not isinstance(expression, InstrumentedAttribute):
        return False
    return any(column.nullable for column in getattr(expression.property, "columns", ()))


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One column. ``key`` is its name in URLs, JSON and templates, made of the label when not given.

    ``cell`` names the macro of ``ui/cells.html`` that shows it, and decides its form in CSV: "text", "email",
    "badge", "word", "datetime", "date", "credits", "signed_credits", "money", "number", "phone", "duration",
    "boolean", "id", "long_text", "sentence" (over several lines), "title" (of what is stored by its code).
    ``priority`` 1 is always visible, so all of these together must fit beside an open detail (592 px); 3 is
    the first to go when space is short. ``link`` is asked for rows without a value too: it answers None then.
    ``mask`` applies for readers without ``personal.read``. ``companion`` is a second value the cell needs,
    like the currency of an amount of money. ``missing`` is what people read where there is no value.
    ``width_px`` is what its values need where that is not what its kind of cell usually does. Names and
    addresses may take two lines, and so may moments: their day above their time, from 96 px.
    """

    label: str
    value: Expression
    key: str = ""
    cell: str = "text"
    sort: Sort | bool = False
    align: Literal["start", "end"] = "start"
    link: Callable[[AnyRow], str | None] | None = None
    priority: Literal[1, 2, 3] = 2
    shown: bool = True
    mask: Mask | None = None
    companion: Expression | None = None
    missing: str = NOTHING
    width_px: int = 0

    @property
    def name(self) -> str:
        return self.key or make_name(self.label)

    @property
    def sorting(self) -> Sort | None:
        if isinstance(self.sort, Sort):
            return self.sort
        return Sort(self.value) if self.sort else None

    def expression(self, *, masked: bool) -> ColumnElement[Any]:
        """What is selected, under the column's name."""
        value = mask_in_sql(self.mask, _element(self.value)) if masked and self.mask else _element(self.value)
        return value.label(self.name)


def is_any(expression: Expression, values: Sequence[Any]) -> ColumnElement[bool]:
    """``expression = ANY(array)``: one statement text for any number of values."""
    return expression == any_(bindparam(None, list(values), type_=ARRAY(expression.type)))


def make_name(label: str) -> str:
    """A label as a name for addresses and JSON: "Calls (30 d)" is "calls_30_d"."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


def _element(value: Expression) -> ColumnElement[Any]:
    return value.expression if isinstance(value, InstrumentedAttribute) else value

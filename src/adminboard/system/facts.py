"""What the System page is made of: panels of facts, drawn by the page, the API and the report alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.orm import Session

from adminboard.core.permissions import Permission
from adminboard.runtime import Runtime


class Cell(StrEnum):
    """How a value is drawn."""

    TEXT = "text"
    CODE = "code"
    WORD = "word"
    """A badge."""
    MOMENT = "moment"
    NUMBER = "number"
    BYTES = "bytes"
    MICROSECONDS = "microseconds"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count. One that is not exact is an estimate and is shown as "about …"."""

    value: int
    exact: bool = True


Value = str | int | bool | datetime | Decimal | Figure | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value. ``name`` is its key in the API, ``note`` stands small beside it, ``url`` leads on."""

    name: str
    label: str
    value: Value
    cell: Cell = Cell.TEXT
    note: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    cell: Cell = Cell.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a table's columns, the first of which names the row; ``url`` is where that leads."""

    values: Sequence[Value]
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """``empty`` is the sentence that stands where there is no row."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What a panel shows: facts, a table, a sentence, or some of these."""

    facts: Sequence[Fact] = ()
    table: Table | None = None
    sentence: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page that is loaded, and fails, by itself.

    ``slow`` ones come after the page, into a skeleton of ``lines`` lines, those of a table when
    it is ``tabular``. ``permission`` is needed beside the
    page's own; who lacks it does not learn that the panel exists.
    """

    name: str
    title: str
    load: Callable[[Session, Runtime], Content]
    lines: int = 6
    slow: bool = False
    tabular: bool = False
    wide: bool = False
    permission: Permission | None = None

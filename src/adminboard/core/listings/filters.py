"""Filters of a listing: each reads its own parameters of the URL and gives a condition.

A filter's ``names`` are the parameters it reads. ``read`` returns None when it is not set, and raises
`FilterError` with a sentence when what was sent makes no sense.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import Expression
from adminboard.core.money import to_credits

Parameters = Mapping[str, Sequence[str]]
MAX_VALUES = 50


class FilterError(ValueError):
    """What a filter cannot read. ``name`` is the parameter."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@dataclass(frozen=True, slots=True)
class Reader:
    """Who filters: days begin in ``zone``; the ``masked`` do not see personal data."""

    zone: ZoneInfo
    masked: bool


@dataclass(frozen=True, eq=False, slots=True)
class Condition:
    """A filter that is set: its SQL, the words for its chip, and the parameters that make it."""

    name: str
    clause: ColumnElement[bool]
    words: str
    parameters: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, eq=False)
class Filter(ABC):
    """One filter; ``label`` stands on its chip."""

    name: str
    label: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @abstractmethod
    def read(self, parameters: Parameters, reader: Reader) -> Condition | None: ...


def _first(parameters: Parameters, name: str) -> str:
    values = parameters.get(name) or [""]
    return values[0].strip()


@dataclass(frozen=True, eq=False)
class Choice(Filter):
    """Any of several words. ``options`` are fixed, or loaded when the page is made.

    ``where`` turns the chosen values into a condition when ``column IN (…)`` is not it.
    """

    column: Expression | None = None
    options: Sequence[Option] | Callable[[Session], Sequence[Option]] = ()
    where: Callable[[Sequence[str]], ColumnElement[bool]] | None = None

    def load_options(self, session: Session) -> Sequence[Option]:
        return self.options(session) if callable(self.options) else self.options

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        values = list(dict.fromkeys(value for value in parameters.get(self.name, ()) if value))
        if not values:
            return None
        if len(values) > MAX_VALUES:
            raise FilterError(self.name, f"{self.label}: choose at most {MAX_VALUES} values.")
        if not all(value.isprintable() and len(value) <= _MAX_TEXT for value in values):
            raise FilterError(self.name, f"{self.label}: choose among the values that are offered.")
        labels = [] if callable(self.options) else self._labels(values)
        clause = self.where(values) if self.where else self._column_in(values)
        words = ", ".join(labels or values)
        return Condition(self.name, clause, f"{self.label}: {words}", {self.name: values})

    def _labels(self, values: Sequence[str]) -> list[str]:
        assert not callable(self.options)
        known = {option.value: option.label for option in self.options}
        unknown = [value for value in values if value not in known]
        if unknown:
            raise FilterError(
                self.name, f"{self.label}: {unknown[0]!r} is none of {', '.join(sorted(known))}."
            )
        return [known[value] for value in values]

    def _column_in(self, values: Sequence[str]) -> ColumnElement[bool]:
        if self.column is None:
            raise TypeError(f"the filter {self.name} has neither column nor where")
        return self.column.in_(values)


@dataclass(frozen=True, eq=False)
class Flag(Filter):
    """Yes or no: ``yes`` is the condition, its negation is "no"."""

    yes: Expression | None = None
    no: Expression | None = None
    yes_label: str = "yes"
    no_label: str = "no"

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        value = _first(parameters, self.name).lower()
        if not value:
            return None
        if value not in ("yes", "no") or self.yes is None:
            raise FilterError(self.name, f"{self.label}: write yes or no.")
        clause: Any = self.yes if value == "yes" else (self.no if self.no is not None else ~self.yes)
        words = self.yes_label if value == "yes" else self.no_label
        return Condition(self.name, clause, f"{self.label}: {words}", {self.name: [value]})


@dataclass(frozen=True, eq=False)
class DateRange(Filter):
    """From one day to another, both included; days are those of the reader's time zone.
    Its parameters are ``<name>_from`` and ``<name>_to``, each a date like 2026-12-01.
    """

    column: Expression | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to")

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        first, last = (self._read_day(parameters, name) for name in self.names)
        column = _required(self.column, self.name)
        if first is not None and last is not None and first > last:
            raise FilterError(self.names[0], f"{self.label}: the first day comes after the last.")
        clauses: list[ColumnElement[bool]] = []
        if first is not None:
            clauses.append(column >= _start_of(first, reader.zone))
        if last is not None:
            clauses.append(column < _start_of(last + timedelta(days=1), reader.zone))
        if not clauses:
            return None
        words = _range_words(first, last)
        return Condition(self.name, and_(*clauses), f"{self.label}: {words}", _set(parameters, self.names))

    def _read_day(self, parameters: Parameters, name: str) -> date | None:
        text = _first(parameters, name)
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise FilterError(name, f"{self.label}: write a date like 2026-12-01.") from None
        if not _FIRST_DAY <= day <= _LAST_DAY:
            raise FilterError(name, f"{self.label}: choose a date from {_FIRST_DAY} to {_LAST_DAY}.")
        return day


@dataclass(frozen=True, eq=False)
class NumberRange(Filter):
    """From one number to another, both included: ``<name>_from`` and ``<name>_to``.

    ``kind`` says what is typed: whole numbers or credits. ``scale`` turns what is typed into the column's
    unit, like 60 for minutes over a column of seconds; it is for whole numbers only.
    """

    column: Expression | None = None
    kind: Literal["integer", "credits"] = "integer"
    scale: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to")

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        least, most = (self._read_number(parameters, name) for name in self.names)
        column = _required(self.column, self.name)
        if least is not None and most is not None and least > most:
            raise FilterError(self.names[0], f"{self.label}: the first number is larger than the last.")
        clauses: list[ColumnElement[bool]] = []
        if least is not None:
            clauses.append(column >= least * self.scale)
        if most is not None:
            clauses.append(column <= most * self.scale)
        if not clauses:
            return None
        words = _range_words(least, most)
        return Condition(self.name, and_(*clauses), f"{self.label}: {words}", _set(parameters, self.names))

    def _read_number(self, parameters: Parameters, name: str) -> int | Decimal | None:
        text = _first(parameters, name)
        if not text:
            return None
        if self.kind == "credits":
            try:
                return to_credits(text)
            except ValueError as error:
                raise FilterError(name, f"{self.label}: {error}") from None
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > _MAX_DIGITS:
            raise FilterError(name, f"{self.label}: write a whole number.")
        return int(text)


@dataclass(frozen=True, eq=False)
class TextPart(Filter):
    """Text that is part of any of some columns; each needs a trigram index.

    Where they are ``personal``, masked readers find whole values only: parts would tell them bit by bit.
    """

    columns: Sequence[Expression] = ()
    personal: bool = False

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        text = _first(parameters, self.name)
        if not text:
            return None
        if len(text) > _MAX_TEXT or not text.isprintable():
            raise FilterError(self.name, f"{self.label}: write at most {_MAX_TEXT} printable characters.")
        pattern = escape_like(text) if self.personal and reader.masked else f"%{escape_like(text)}%"
        clause = or_(*(column.ilike(pattern) for column in self.columns))
        return Condition(self.name, clause, f"{self.label}: {text}", {self.name: [text]})


@dataclass(frozen=True, eq=False)
class Reference(Filter):
    """Belongs to one record, by its id. It comes from links and is carried along, not drawn.

    ``named`` gives the id, as SQL, of the record that goes by another unique name, like an e-mail address.
    ``settles`` names the column that is then the same in every row, which the page leaves out.
    """

    column: Expression | None = None
    named: Callable[[str], ColumnElement[Any]] | None = None
    settles: str | None = None

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        text = _first(parameters, self.name)
        if not text:
            return None
        clause = _required(self.column, self.name) == self._key(text)
        return Condition(self.name, clause, f"{self.label}: {text}", {self.name: [text]})

    def _key(self, text: str) -> UUID | ColumnElement[Any]:
        try:
            return UUID(text)
        except ValueError:
            if self.named is None or len(text) > _MAX_TEXT or not text.isprintable():
                raise FilterError(self.name, f"{self.label}: {text[:40]!r} is not an id.") from None
            return self.named(text)


_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
_MAX_DIGITS = 15
_MAX_TEXT = 200


def escape_like(text: str) -> str:
    """The text as a LIKE pattern that means only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _required(column: Expression | None, name: str) -> Expression:
    if column is None:
        raise TypeError(f"the filter {name} has no column")
    return column


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _range_words(first: object | None, last: object | None) -> str:
    if first is None:
        return f"to {last}"
    return f"from {first}" if last is None else f"{first} to {last}"


def _set(parameters: Parameters, names: Sequence[str]) -> dict[str, list[str]]:
    found = {name: _first(parameters, name) for name in names}
    return {name: [value] for name, value in found.items() if value}

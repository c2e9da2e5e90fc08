"""Filters of a listing: each reads its own parameters of the URL and gives a condition.

A filter's ``names`` are the parameters it reads. ``read`` returns None when it is not set, and raises
`FilterError` with a sentence when what was sent makes no sense.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.kept import keep_for
from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.work import reader

if TYPE_CHECKING:
    from adminboard.core.listings.picks import Records

Parameters = Mapping[str, Sequence[str]]
MAX_VALUES = 50
MAX_TEXT = 200
OPTIONS_LIFETIME = timedelta(seconds=30)
"""A new word is offered so much later at most; it can be asked for at once."""


class FilterError(ValueError):
    """What a filter cannot read. ``name`` is the parameter."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@dataclass(frozen=True, slots=True)
class Reader:
    """Who filters, and when: days begin in ``zone``; the ``masked`` do not see personal data."""

    zone: ZoneInfo
    masked: bool
    now: datetime


@dataclass(frozen=True, eq=False, slots=True)
class Probe:
    """Which rows can match a condition on another table, from an index of that table, some perhaps twice.

    ``keys`` selects what these have in ``column``, by default their key: never null. Where they are few they
    are named (`matching`), since a walk along the sort order would hardly meet them. ``tells_all`` where they
    are the condition itself, and not only more than it.
    """

    keys: AnySelect
    column: Expression | None = None
    tells_all: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Condition:
    """A filter that is set: its SQL, the words for its chip, and the parameters that make it.

    One on another table can have a ``probe``, which finds the rows from there.
    """

    name: str
    clause: ColumnElement[bool]
    words: str
    parameters: Mapping[str, Sequence[str]]
    probe: Probe | None = None
    narrows: bool = False
    """Whether it leaves so few rows that a search looks at these, and not for all that the term finds."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value a filter offers; ``hint`` tells it from others of its name."""

    value: str
    label: str
    hint: str = ""


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


def first_value(parameters: Parameters, name: str) -> str:
    """The first value of a parameter, "" when there is none."""
    values = parameters.get(name) or [""]
    return values[0].strip()


@dataclass(frozen=True, eq=False)
class Choice(Filter):
    """Any of several words. ``options`` are fixed, or loaded for a page and kept for some seconds.

    ``where`` turns the chosen values into a condition when ``column IN (…)`` is not it. ``probe`` is for
    conditions on other tables, so that values that few rows have are quick too. ``visible_to`` is the list's,
    where it has one: what is offered to those who see only some rows is kept for nobody else.
    """

    column: Expression | None = None
    options: Sequence[Option] | Callable[[Session], Sequence[Option]] = ()
    where: Callable[[Sequence[str]], ColumnElement[bool]] | None = None
    probe: Callable[[Sequence[str]], Probe | None] | None = None
    visible_to: Callable[[Actor], ColumnElement[bool] | None] | None = None

    def load_options(self, session: Session) -> Sequence[Option]:
        if not callable(self.options):
            return self.options
        if self.visible_to is not None and self.visible_to(reader(session)) is not None:
            return self.options(session)
        return keep_for(session, OPTIONS_LIFETIME, self.options, self.options)

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
        if not all(value.isprintable() and len(value) <= MAX_TEXT for value in values):
            raise FilterError(self.name, f"{self.label}: choose among the values that are offered.")
        labels = [] if callable(self.options) else self._labels(values)
        clause = self.where(values) if self.where else self._column_in(values)
        words = ", ".join(labels or values)
        probe = self.probe(values) if self.probe else None
        return Condition(self.name, clause, f"{self.label}: {words}", {self.name: values}, probe)

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
    probe: Probe | None = None
    """Of "yes"."""

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        value = first_value(parameters, self.name).lower()
        if not value:
            return None
        if value not in ("yes", "no") or self.yes is None:
            raise FilterError(self.name, f"{self.label}: write yes or no.")
        clause: Any = self.yes if value == "yes" else (self.no if self.no is not None else ~self.yes)
        words = self.yes_label if value == "yes" else self.no_label
        probe = self.probe if value == "yes" else None
        return Condition(self.name, clause, f"{self.label}: {words}", {self.name: [value]}, probe=probe)


@dataclass(frozen=True, eq=False)
class TextPart(Filter):
    """Text that is part of any of some columns; each needs a trigram index.

    Where they are ``personal``, masked readers find whole values only: parts would tell them bit by bit.
    """

    columns: Sequence[Expression] = ()
    personal: bool = False

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        text = first_value(parameters, self.name)
        if not text:
            return None
        if len(text) > MAX_TEXT or not text.isprintable():
            raise FilterError(self.name, f"{self.label}: write at most {MAX_TEXT} printable characters.")
        pattern = escape_like(text) if self.personal and reader.masked else f"%{escape_like(text)}%"
        clause = or_(*(column.ilike(pattern) for column in self.columns))
        return Condition(self.name, clause, f"{self.label}: {text}", {self.name: [text]})


@dataclass(frozen=True, eq=False)
class Reference(Filter):
    """Belongs to one record, by its id. It comes from links; the list then says whose it is.

    ``named`` gives the id, as SQL, of the record that goes by another unique name, like an e-mail address.
    ``settles`` names the column that is then the same in every row, which the page leaves out. ``records``
    tell what the record is called; a list within another page needs none, since that page says it.
    """

    column: Expression | None = None
    named: Callable[[str], ColumnElement[Any]] | None = None
    settles: str | None = None
    records: Records | None = None

    def find_name(self, session: Session, parameters: Parameters, *, masked: bool) -> str:
        """What the record is called; where there is none, what was asked for. One query."""
        text = first_value(parameters, self.name)
        if self.records is None:
            return text
        return self.records.find_name(session, self._key(text), masked=masked) or text

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        text = first_value(parameters, self.name)
        if not text:
            return None
        clause = required(self.column, self.name) == self._key(text)
        return Condition(self.name, clause, f"{self.label}: {text}", {self.name: [text]})

    def _key(self, text: str) -> UUID | ColumnElement[Any]:
        try:
            return UUID(text)
        except ValueError:
            if self.named is None or len(text) > MAX_TEXT or not text.isprintable():
                raise FilterError(self.name, f"{self.label}: {text[:40]!r} is not an id.") from None
            return self.named(text)


def escape_like(text: str) -> str:
    """The text as a LIKE pattern that means only itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def required(column: Expression | None, name: str) -> Expression:
    """The column, which a filter without it could not work with. Raises `TypeError`."""
    if column is None:
        raise TypeError(f"the filter {name} has no column")
    return column

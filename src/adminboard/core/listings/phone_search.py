"""Telephone numbers in a listing's search, however they are written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from sqlalchemy import ColumnElement, or_

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.filters import (
    Condition,
    FilterError,
    Parameters,
    Reader,
    TextPart,
    first_value,
)
from adminboard.core.listings.search import SearchSource

_NUMBER = re.compile(r"\+?[0-9 ()./\u00a0\u2010-\u2015-]*")
_OPTIONAL_ZERO = re.compile(r"\(0\)")
"""As in "+44 (0)20 7946 0958": to be dialled within the country only."""
_PREFIXES = ("0", "00", "011", "01", "06", "8")
"""What is dialled before a number within some country or to reach another one, and is no part of it."""
_SHORTEST_PART = 3
_SHORTEST_WITHOUT_PREFIX = 7
_LONGEST = 15
"""Digits of the longest number there is (E.164)."""


@dataclass(frozen=True, eq=False)
class PhoneNumber(SearchSource):
    """A column of numbers in international form (E.164, "+14155550100"); needs a trigram index.

    Three digits and more find the numbers that contain them, with any signs between, and with or without
    what is dialled before a number; one that is stored otherwise is found by what stands there. Readers who
    may search by whole values only find a number by all of its digits, with its country's or without.
    """

    column: Expression
    through: AnySelect | None = None

    def clause(self, term: str, *, exact: bool) -> ColumnElement[bool] | None:
        forms = list(dict.fromkeys(_forms_of(term)))
        if not forms:
            return None
        if exact:
            return self.column.in_([term, *_whole_numbers(term, forms)])
        return or_(*(self.column.like(f"%{form}%") for form in dict.fromkeys([*forms, term])))


@dataclass(frozen=True, eq=False)
class PhonePart(TextPart):
    """A part of a number in any of some columns, however it is written; each needs a trigram index.

    Masked readers find whole numbers only.
    """

    personal: bool = True

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        text = first_value(parameters, self.name)
        if not text:
            return None
        found = [PhoneNumber(column).clause(text, exact=reader.masked) for column in self.columns]
        clauses = [clause for clause in found if clause is not None]
        if not clauses:
            raise FilterError(self.name, f"{self.label}: write at least {_SHORTEST_PART} digits of a number.")
        return Condition(self.name, or_(*clauses), f"{self.label}: {text}", {self.name: [text]})


def _forms_of(term: str) -> Iterator[str]:
    """The digits, and what is left of them without each prefix; nothing for what is no number."""
    if not _NUMBER.fullmatch(term):
        return
    digits = re.sub("[^0-9]", "", _OPTIONAL_ZERO.sub("", term))
    if not _SHORTEST_PART <= len(digits) <= _LONGEST + max(map(len, _PREFIXES)):
        return
    yield digits
    if term.lstrip().startswith("+"):
        return
    for prefix in _PREFIXES:
        rest = digits.removeprefix(prefix)
        if rest != digits and len(rest) >= _SHORTEST_WITHOUT_PREFIX:
            yield rest


def _whole_numbers(term: str, forms: list[str]) -> Iterator[str]:
    """Every number in the world that is written so."""
    for form in forms:
        yield f"+{form}"
        if len(form) >= _SHORTEST_WITHOUT_PREFIX and not term.lstrip().startswith("+"):
            yield from (f"+{country}{form}" for country in COUNTRY_CODE_TO_REGION_CODE)

"""Filters from one value to another: days and numbers, both ends included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_

from adminboard.core.days import ONE_DAY, find_zone, get_day, get_start
from adminboard.core.listings.columns import Expression
from adminboard.core.listings.filters import (
    Condition,
    Filter,
    FilterError,
    Parameters,
    Reader,
    first_value,
    required,
)
from adminboard.core.money import to_credits, to_whole_number

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, eq=False)
class _Range(Filter):
    @property
    def ends(self) -> tuple[str, str]:
        """The parameters of its first and its last value."""
        return (f"{self.name}_from", f"{self.name}_to")

    @property
    def names(self) -> tuple[str, ...]:
        return self.ends


@dataclass(frozen=True, slots=True)
class DatePreset:
    """Days around today under one word: ``first`` and ``last`` count days from it, both included."""

    value: str
    label: str
    first: int
    last: int


TODAY = DatePreset("today", "Today", 0, 0)
PAST_DAYS = (
    TODAY,
    DatePreset("yesterday", "Yesterday", -1, -1),
    DatePreset("7d", "Last 7 days", -6, 0),
    DatePreset("30d", "Last 30 days", -29, 0),
    DatePreset("90d", "Last 90 days", -89, 0),
)
"""Today counts as one of the days."""
COMING_DAYS = (
    TODAY,
    DatePreset("next7d", "Next 7 days", 0, 6),
    DatePreset("next30d", "Next 30 days", 0, 29),
)


@dataclass(frozen=True, slots=True)
class Days:
    """Days of a zone that are asked for, both ends included; None for no end. ``words`` say it,
    ``parameters`` ask it."""

    first: date | None
    last: date | None
    zone: ZoneInfo
    words: str = ""
    parameters: Mapping[str, list[str]] = field(default_factory=dict)

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """When they begin, and when they are over."""
        since = None if self.first is None else get_start(self.first, self.zone)
        until = None if self.last is None else get_start(self.last + ONE_DAY, self.zone)
        return since, until


@dataclass(frozen=True, eq=False)
class DateRange(_Range):
    """From one day to another, both included; days are those of the reader's time zone, unless another is
    named.

    Its parameters are ``<name>`` with the word of a preset, like "7d", or ``<name>_from`` and ``<name>_to``,
    each a date like 2026-12-01. Dates win over a preset beside them. ``<name>_zone`` is for links to what a
    figure has counted by the days of its own zone: whoever follows one finds just those rows.
    """

    column: Expression | None = None
    presets: Sequence[DatePreset] = PAST_DAYS

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.asking, self.zone_name)

    @property
    def asking(self) -> tuple[str, ...]:
        """The parameters of which any asks for days."""
        return (self.name, *self.ends)

    @property
    def zone_name(self) -> str:
        """The parameter that says of which zone the days are."""
        return f"{self.name}_zone"

    def read(self, parameters: Parameters, reader: Reader) -> Condition | None:
        days = self.read_days(parameters, reader)
        if days is None:
            return None
        clause = self.between(days.first, days.last, days.zone)
        return Condition(self.name, clause, f"{self.label}: {days.words}", days.parameters)

    def read_days(self, parameters: Parameters, reader: Reader) -> Days | None:
        """The days that are asked for; None where none are. Raises `FilterError`."""
        first, last = (self._read_day(parameters, name) for name in self.ends)
        if first is not None and last is not None and first > last:
            raise FilterError(self.ends[0], f"{self.label}: the first day comes after the last.")
        named = self._read_zone(parameters)
        zone = named or reader.zone
        kept, words = _set(parameters, self.ends), _range_words(first, last)
        preset = self._read_preset(parameters)
        if preset is not None and not kept:
            today = get_day(reader.now, zone)
            first, last = today + timedelta(days=preset.first), today + timedelta(days=preset.last)
            kept, words = {self.name: [preset.value]}, preset.label.lower()
        if not kept:
            return None
        if named is not None:
            kept, words = {**kept, self.zone_name: [named.key]}, f"{words} in {_place_of(named)}"
        return Days(first, last, zone, words, kept)

    def between(self, first: date | None, last: date | None, zone: ZoneInfo) -> ColumnElement[bool]:
        """The condition for days of ``zone``, of which at least one is given."""
        column = required(self.column, self.name)
        since, until = Days(first, last, zone).moments()
        clauses: list[ColumnElement[bool]] = []
        if since is not None:
            clauses.append(column >= since)
        if until is not None:
            clauses.append(column < until)
        return and_(*clauses)

    def _read_zone(self, parameters: Parameters) -> ZoneInfo | None:
        """The zone that is named, None for the reader's own."""
        text = first_value(parameters, self.zone_name) if self.zone_name in self.names else ""
        zone = find_zone(text) if text else None
        if text and zone is None:
            sentence = f"{self.label}: {text[:40]!r} is no time zone like America/Los_Angeles."
            raise FilterError(self.zone_name, sentence)
        return zone

    def _read_preset(self, parameters: Parameters) -> DatePreset | None:
        word = first_value(parameters, self.name)
        if not word:
            return None
        known = {preset.value: preset for preset in self.presets}
        if word not in known:
            raise FilterError(self.name, f"{self.label}: {word[:40]!r} is none of {', '.join(known)}.")
        return known[word]

    def _read_day(self, parameters: Parameters, name: str) -> date | None:
        text = first_value(parameters, name)
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
class NumberRange(_Range):
    """From one number to another, both included: ``<name>_from`` and ``<name>_to``.

    ``kind`` says what is typed: whole numbers or credits. ``scale`` turns what is typed into the column's
    unit, like 60 for minutes over a column of seconds; it is for whole numbers only.
    """

    column: Expression | None = None
    kind: Literal["integer", "credits"] = "integer"
    scale: int = 1

    def read(
        self,
        parameters: Parameters,
        reader: Reader,  # noqa: ARG002 (the signature is that of every filter)
    ) -> Condition | None:
        least, most = (self._read_number(parameters, name) for name in self.ends)
        column = required(self.column, self.name)
        if least is not None and most is not None and least > most:
            raise FilterError(self.ends[0], f"{self.label}: the first number is larger than the last.")
        clauses: list[ColumnElement[bool]] = []
        if least is not None:
            clauses.append(column >= least * self.scale)
        if most is not None:
            clauses.append(column <= most * self.scale)
        if not clauses:
            return None
        words = _range_words(least, most)
        return Condition(self.name, and_(*clauses), f"{self.label}: {words}", _set(parameters, self.ends))

    def _read_number(self, parameters: Parameters, name: str) -> int | Decimal | None:
        text = first_value(parameters, name)
        if not text:
            return None
        try:
            return to_credits(text) if self.kind == "credits" else to_whole_number(text)
        except ValueError as error:
            raise FilterError(name, f"{self.label}: {error}") from None


def _place_of(zone: ZoneInfo) -> str:
    """Los Angeles, UTC."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def _range_words(first: object | None, last: object | None) -> str:
    if first is None:
        return f"to {last}"
    return f"from {first}" if last is None else f"{first} to {last}"


def _set(parameters: Parameters, names: Sequence[str]) -> Mapping[str, list[str]]:
    found = {name: first_value(parameters, name) for name in names}
    return {name: [value] for name, value in found.items() if value}

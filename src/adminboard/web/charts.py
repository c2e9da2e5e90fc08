"""Charts: figures over days or months, as a table that the browser draws a picture from (charts.js).

The table is what there is; the picture is read off it, so the two cannot differ, and nothing is missing
without JavaScript or for a screen reader. A page with charts puts ``ui/chart_head.html`` into its head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from adminboard.core.currencies import count_places
from adminboard.web.formatting import format_money, format_number

Value = int | Decimal | None


class ChartCell(StrEnum):
    """What the values are: counts, amounts in minor units of the chart's currency, or parts of a hundred."""

    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"


class SeriesKind(StrEnum):
    LINE = "line"
    AREA = "area"
    BAR = "bar"


class SeriesTone(StrEnum):
    """The colour of a series, by its name in the palette."""

    ACCENT = "accent"
    MUTED = "muted"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ChartLabel:
    """One place along the axis: ``short`` stands under it, ``full`` in the table and the tip."""

    short: str
    full: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the chart and column of its table. ``values`` has one for each label, None where nothing is
    known; bars of the same ``stack`` stand on each other."""

    name: str
    values: Sequence[Value]
    kind: SeriesKind = SeriesKind.LINE
    tone: SeriesTone = SeriesTone.ACCENT
    stack: str | None = None


@dataclass(frozen=True, slots=True)
class ChartCellView:
    """``plain`` is the value in major units for the picture, "" when there is none."""

    plain: str
    shown: str | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and its table. ``key`` is unique on the page; ``sentence`` says what is shown, in one line.

    Raises `ValueError` when a series has not one value for each label.
    """

    key: str
    title: str
    sentence: str
    label_heading: str
    labels: Sequence[ChartLabel]
    series: Sequence[Series]
    cell: ChartCell = ChartCell.NUMBER
    currency: str = "usd"

    def __post_init__(self) -> None:
        for item in self.series:
            if len(item.values) != len(self.labels):
                raise ValueError(f"{item.name} has {len(item.values)} values for {len(self.labels)} labels")

    @property
    def rows(self) -> Sequence[tuple[ChartLabel, Sequence[ChartCellView]]]:
        return [
            (label, [self._draw(item.values[index]) for item in self.series])
            for index, label in enumerate(self.labels)
        ]

    def _draw(self, value: Value) -> ChartCellView:
        if value is None:
            return ChartCellView("", None)
        if self.cell is ChartCell.MONEY:
            amount = Decimal(value).scaleb(-count_places(self.currency.upper()))
            return ChartCellView(f"{amount:f}", format_money(int(value), self.currency))
        shown = format_number(value)
        return ChartCellView(f"{Decimal(value):f}", f"{shown}%" if self.cell is ChartCell.PERCENT else shown)


def label_day(day: date, *, note: str = "") -> ChartLabel:
    """A day, with what there is to say about it, like "so far"."""
    full = f"{day:%a %Y-%m-%d}"
    return ChartLabel(f"{day:%b} {day.day}", f"{full}, {note}" if note else full)


def label_month(month: date, *, note: str = "") -> ChartLabel:
    """A month, by any day of it."""
    full = f"{month:%B %Y}"
    return ChartLabel(f"{month:%b %Y}", f"{full}, {note}" if note else full)

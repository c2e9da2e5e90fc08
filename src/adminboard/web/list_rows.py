"""The rows of a list as HTML.

A page has hundreds of cells, and a template would spend more time on them than the database on the whole
page; so this one part is put together here, by the same rules: what comes from data is escaped. What is the
same for a whole column is settled once (`prepare_columns`); a cell then costs little more than its text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from operator import attrgetter
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from adminboard.core.listings import Column, Ticked
from adminboard.core.listings.columns import AnyRow
from adminboard.core.titles import title_of
from adminboard.web.formatting import (
    FILTERS,
    LONG_TEXT_CHARACTERS,
    break_address,
    draw_parted_datetime,
    format_money,
    isolate_names,
    shorten,
)
from adminboard.web.icons import draw_icon
from adminboard.web.list_view import Align, CellKind, HeaderView
from adminboard.web.marks import draw_marked_part
from adminboard.web.tones import tone_of

CLIPPED_FROM = 15
"""A text of so many characters may be cut by a narrow column, so it is whole on hover."""
SENTENCE_CHARACTERS = 240
MISSING = '<span class="missing">N/A</span>'

Draw = Callable[[Any, AnyRow], str]
"""A value that is there, as HTML; the row is for what a value needs beside it."""


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A column made ready: ``opening`` is its cells' ``<td …>``, ``draw`` makes a value HTML."""

    name: str
    opening: str
    draw: Draw
    link: Callable[[AnyRow], str | None] | None
    missing: str = MISSING


def prepare_columns(
    columns: Sequence[Column], headers: Sequence[HeaderView], marked: Sequence[str] = ()
) -> list[DrawnColumn]:
    """The columns of one page, each with its header's side and width; in those that ``marked`` names, what
    the search found is marked.
    """
    return [
        DrawnColumn(
            column.name,
            _opening(header),
            _make_marked_drawer(column) if column.name in marked else _make_drawer(column),
            column.link,
            f'<span class="missing">{escape(column.missing)}</span>',
        )
        for column, header in zip(columns, headers, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class ListRows:
    """All rows of a page, drawn when a template puts them in, since times are drawn in the reader's zone.

    ``url_start`` is the list's address up to the key of the row whose detail is open, which is ``selected``.
    ``tone`` names the tone in which a row stands out, None for ordinary ones. ``ticked`` gives rows a box.
    """

    columns: Sequence[DrawnColumn]
    rows: Sequence[AnyRow]
    url_start: str
    selected: str | None = None
    tone: Callable[[AnyRow], str | None] | None = None
    ticked: Ticked | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __html__(self) -> str:
        # One call gives all values of a row: asking for them one by one took a tenth of the time.
        values_of = attrgetter("key", *(column.name for column in self.columns))
        url_start = escape(self.url_start)
        return "\n".join([self._draw(row, url_start, *values_of(row)) for row in self.rows])

    def _draw(self, row: AnyRow, url_start: str, row_key: Any, name: Any, *values: Any) -> str:
        key = str(row_key)
        is_selected = key == self.selected
        current = ' aria-current="true"' if is_selected else ""
        tone = self.tone(row) if self.tone is not None else None
        tick = _draw_tick(self.ticked, key, name, row) if self.ticked else ""
        first = self.columns[0]
        url = f"{url_start}{quote(key, safe='')}"
        parts = [
            f'<tr id="row-{escape(key)}"{_row_classes(is_selected, tone)}>{tick}{first.opening}',
            f'<a class="row-link" href="{url}"{current}>{_draw_value(first, name, row)}</a></td>',
        ]
        for column, value in zip(self.columns[1:], values, strict=True):
            drawn = _draw_value(column, value, row)
            href = column.link(row) if column.link is not None else None
            if href:
                drawn = f'<a href="{escape(href)}">{drawn}</a>'
            parts.append(f"{column.opening}{drawn}</td>")
        return "".join([*parts, "</tr>"])


def _draw_tick(ticked: Ticked, key: str, name: Any, row: AnyRow) -> str:
    """The box of a row, or its empty place. It belongs to the bar's form, wherever that stands."""
    if ticked.when is not None and not ticked.when(row):
        return '<td class="tick"></td>'
    label = escape(f"Select {name or key}, {key}")
    return (
        f'<td class="tick"><label><input class="form-check-input" type="checkbox" form="ticks" data-tick '
        f'id="tick-{escape(key)}" name="{escape(ticked.field)}" value="{escape(key)}" '
        f'aria-label="{label}"></label></td>'
    )


def _row_classes(is_selected: bool, tone: str | None) -> str:
    if not is_selected and tone is None:
        return ""
    words = ["selected"] if is_selected else []
    return f' class="{" ".join(words + ([f"row-{tone}"] if tone else []))}"'


def _draw_value(column: DrawnColumn, value: Any, row: AnyRow) -> str:
    return column.missing if value is None or value == "" else column.draw(value, row)


def _opening(header: HeaderView) -> str:
    words = [f"fit-{header.fit}" if header.fit else "", "end" if header.align is Align.END else ""]
    classes = " ".join(word for word in words if word)
    return f'<td class="{classes}">' if classes else "<td>"


def _make_drawer(column: Column) -> Draw:
    kind = CellKind(column.cell)
    if kind is CellKind.MONEY:
        return _make_money_drawer(f"{column.name}_companion" if column.companion is not None else None)
    return _DRAWERS[kind]


def _make_marked_drawer(column: Column) -> Draw:
    """Long texts, cut so that the first found word can be seen."""
    name = f"{column.name}_marked"
    return lambda _, row: draw_marked_part(getattr(row, name), LONG_TEXT_CHARACTERS)


def _draw_text(value: Any, _: AnyRow) -> str:
    text = escape(str(value))
    # A text that runs from right to left is cut at its own end, which is on the left.
    direction = "" if text.isascii() else ' dir="auto"'
    if len(text) < CLIPPED_FROM:
        return f'<span class="clip"{direction}>{text}</span>'
    return f'<span class="clip"{direction} title="{text}">{break_address(text)}</span>'


def _draw_long_text(value: Any, _: AnyRow) -> str:
    text = str(value)
    shown = escape(shorten(text))
    direction = "" if shown.isascii() else ' dir="auto"'
    title = f' title="{escape(text)}"' if len(shown) >= CLIPPED_FROM else ""
    return f'<span class="clip"{direction}{title}>{shown}</span>'


def _draw_sentence(value: Any, _: AnyRow) -> str:
    """Read to its end, over several lines; only what is longer than a few sentences is cut."""
    text = str(value)
    shown = shorten(text, SENTENCE_CHARACTERS)
    title = f' title="{escape(text)}"' if shown != text else ""
    return f'<span class="sentence" dir="auto"{title}>{isolate_names(escape(shown))}</span>'


def _draw_title(value: Any, row: AnyRow) -> str:
    return _draw_sentence(title_of(str(value)), row)


def _draw_moment(value: Any, _: AnyRow) -> str:
    return draw_parted_datetime(value)


def _draw_id(value: Any, _: AnyRow) -> str:
    text = escape(str(value))
    title = f' title="{text}"' if len(text) >= CLIPPED_FROM else ""
    return f"<code{title}>{text}</code>"


def _draw_badge(value: Any, _: AnyRow) -> str:
    return _draw_word(str(value))


@lru_cache(maxsize=2_000)
def _draw_word(word: str) -> str:
    """A badge: a list has the same few words in every row."""
    badge = tone_of(word)
    text = escape(word.replace("_", " "))
    icon = draw_icon(badge.icon) if badge.icon else ""
    return f'<span class="pill pill-{badge.tone}" title="{text}">{icon}{text}</span>'


def _draw_boolean(value: Any, _: AnyRow) -> str:
    word, name = ("Yes", "check") if value else ("No", "x")
    return f'<span class="boolean boolean-{word.lower()}">{draw_icon(name)}{word}</span>'


def _make_money_drawer(currency_name: str | None) -> Draw:
    """Amounts in the currency that stands beside them in the row, US dollars where none does."""

    def draw_money(value: Any, row: AnyRow) -> str:
        currency = getattr(row, currency_name) if currency_name else None
        return escape(format_money(int(value), currency or "usd"))

    return draw_money


def _filtered(name: str) -> Draw:
    draw: Callable[[Any], str] = FILTERS[name]

    def draw_filtered(value: Any, _: AnyRow) -> str:
        text = draw(value)
        return text if isinstance(text, Markup) else escape(text)

    return draw_filtered


_DRAWERS: dict[CellKind, Draw] = {
    CellKind.TEXT: _draw_text,
    CellKind.EMAIL: _draw_text,
    CellKind.ID: _draw_id,
    CellKind.BADGE: _draw_badge,
    CellKind.BOOLEAN: _draw_boolean,
    CellKind.DATETIME: _draw_moment,
    CellKind.RELATIVE: _filtered("relative"),
    CellKind.CREDITS: _filtered("credits"),
    CellKind.SIGNED_CREDITS: _filtered("signed_credits"),
    CellKind.NUMBER: _filtered("number"),
    CellKind.WORD: _filtered("word"),
    CellKind.PHONE: _filtered("phone"),
    CellKind.DURATION: _filtered("duration"),
    CellKind.LONG_TEXT: _draw_long_text,
    CellKind.SENTENCE: _draw_sentence,
    CellKind.TITLE: _draw_title,
}

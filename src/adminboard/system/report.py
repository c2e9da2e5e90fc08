"""The System page as JSON and as a CSV file: everything its reader may see, in one answer."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from adminboard.core.actor import Actor
from adminboard.core.canonical import to_plain
from adminboard.core.listings.export import BYTE_ORDER_MARK, defuse_text
from adminboard.runtime import Runtime
from adminboard.system.facts import Cell, Figure, Table, Value
from adminboard.system.panels import Loaded, load_content, panels_for

HEADER = ("section", "item", "measure", "value", "note")
_UNITS = {Cell.BYTES: "bytes", Cell.MICROSECONDS: "microseconds"}


def load_all(runtime: Runtime, actor: Actor) -> list[Loaded]:
    """Every panel the actor may see, each with its content or its error."""
    with runtime.reading(actor) as session:
        return [load_content(session, runtime, panel) for panel in panels_for(actor)]


def to_json(loaded: Sequence[Loaded]) -> dict[str, Any]:
    """The panels by their names: facts by theirs, the rows of a table as ``rows``, a failure as ``error``."""
    return {item.panel.name: _panel_to_json(item) for item in loaded}


def to_csv(loaded: Sequence[Loaded], now: datetime) -> bytes:
    """The same as lines of section, item, measure, value and note; no spreadsheet runs one (guarantee 18)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerow(("Report", "Made", "", _text(now), ""))
    for item in loaded:
        writer.writerows([defuse_text(cell) for cell in line] for line in _lines(item))
    return BYTE_ORDER_MARK + text.getvalue().encode()


def _panel_to_json(item: Loaded) -> dict[str, Any]:
    if item.content is None:
        return {"error": item.error}
    facts = {fact.name: _plain(fact.value) for fact in item.content.facts}
    table = item.content.table
    return facts | ({"rows": _rows_to_json(table)} if table is not None else {})


def _rows_to_json(table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, map(_plain, row.values), strict=True)) for row in table.rows]


def _plain(value: Value) -> Any:
    if isinstance(value, Figure):
        return {"value": value.value, "exact": value.exact}
    return to_plain(value)


def _lines(item: Loaded) -> Iterator[tuple[str, ...]]:
    title = item.panel.title
    if item.content is None:
        yield (title, "Error", "", item.error or "", "")
        return
    for fact in item.content.facts:
        yield (title, fact.label, "", _text(fact.value), _note(fact.value, fact.cell, fact.note))
    if item.content.table is not None:
        yield from _table_lines(title, item.content.table)
    elif item.content.sentence:
        yield (title, "Note", "", item.content.sentence, "")


def _table_lines(title: str, table: Table) -> Iterator[tuple[str, ...]]:
    for row in table.rows:
        first, *rest = row.values
        for column, value in zip(table.columns[1:], rest, strict=True):
            yield (title, _text(first), column.label, _text(value), _note(value, column.cell, None))


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, Figure):
        return str(value.value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return str(value)


def _note(value: Value, cell: Cell, note: str | None) -> str:
    is_estimate = isinstance(value, Figure) and not value.exact
    unit = _UNITS.get(cell) if value is not None else None
    return ", ".join(part for part in ("estimate" if is_estimate else None, unit, note) if part)

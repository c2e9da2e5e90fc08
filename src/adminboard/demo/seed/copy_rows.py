"""Rows as PostgreSQL's COPY reads them, gathered by table."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

FULL_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of one table, in COPY's text format."""

    table: str
    columns: tuple[str, ...]
    data: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Json:
    """A value of a JSON column that is neither an object nor a list."""

    value: str | int | bool


class RowBuffer:
    """Gathers rows and gives them away in blocks of some megabytes."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self._columns: dict[str, tuple[str, ...]] = {}
        self._characters: dict[str, int] = {}

    def add(self, table: str, **row: Any) -> None:
        """One row, with a value for each column. All rows of a table name the same columns in one order."""
        columns = self._columns.get(table)
        if columns is None:
            columns = self._columns[table] = tuple(row)
            self._lines[table] = []
            self._characters[table] = 0
        elif columns != tuple(row):
            raise ValueError(f"Rows of {table} have different columns: {columns} and {tuple(row)}.")
        line = "\t".join([_ENCODERS[type(value)](value) for value in row.values()])
        self._lines[table].append(line)
        self._characters[table] += len(line)

    def take_full(self) -> Iterator[Block]:
        """The blocks that have grown to size."""
        for table, characters in self._characters.items():
            if characters > FULL_CHARACTERS:
                yield self._take(table)

    def take_all(self) -> Iterator[Block]:
        for table, lines in self._lines.items():
            if lines:
                yield self._take(table)

    def _take(self, table: str) -> Block:
        lines = self._lines[table]
        self._lines[table], self._characters[table] = [], 0
        return Block(table, self._columns[table], ("\n".join(lines) + "\n").encode(), len(lines))


def _encode_text(text: str) -> str:
    if "\\" in text or not text.isprintable():
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


def _encode_json(value: Any) -> str:
    return _encode_text(json.dumps(value, ensure_ascii=False))


class _Encoders(dict[type, Callable[[Any], str]]):
    """How a value of each type is written. Floats are not: no column holds one."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        if not issubclass(kind, Enum):
            raise TypeError(f"No column holds a {kind.__name__}.")
        encoded = {member: _encode_text(str(member.value)) for member in kind}
        self[kind] = encoded.__getitem__
        return self[kind]


_ENCODERS = _Encoders(
    {
        type(None): lambda _: "\\N",
        str: _encode_text,
        bool: lambda value: "t" if value else "f",
        int: str,
        Decimal: str,
        UUID: str,
        datetime: datetime.isoformat,
        date: date.isoformat,
        bytes: lambda value: f"\\\\x{value.hex()}",
        Json: lambda value: _encode_json(value.value),
        dict: _encode_json,
        list: _encode_json,
    }
)

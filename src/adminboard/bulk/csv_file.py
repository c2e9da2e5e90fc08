"""Reading a file of changes: what is wrong with the whole is refused, what is wrong with a row stays there.

The file is read as it streams by and never held in memory (guarantees 18 and 25). Cells are text; what they
mean is for the command of the action, so a formula is nothing but its own characters.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import IO, Any

from adminboard.core.actions import Action
from adminboard.core.errors import InvalidInput

MAX_ROWS = 100_000
MAX_CELL_LENGTH = 20_000
DELIMITERS = ",;\t"
_HEADER_BYTES = 64 * 1024
_PART_BYTES = 64 * 1024
csv.field_size_limit(MAX_CELL_LENGTH)


class NotReadable(InvalidInput):
    """The file as a whole makes no sense; nothing of it was taken."""

    title = "The file cannot be read"


class WrongColumns(InvalidInput):
    """The first row does not name the columns of the action."""

    title = "The columns are not those of the action"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file. ``number`` counts from 1 for the row of names, as spreadsheets show it.

    ``error`` says why it cannot be read; ``duplicate_of`` is the first row with exactly these cells.
    """

    number: int
    cells: dict[str, str]
    error: str | None = None
    duplicate_of: int | None = None


def column_names(action: Action[Any]) -> list[str]:
    """The columns a file for the action may have, in the order of its template."""
    assert action.bulk is not None
    return [name for name in action.command.model_fields if name not in action.bulk.leaves_out]


def read_rows(file: IO[bytes], action: Action[Any]) -> Iterator[FileRow]:
    """The rows after the row of names, without empty ones.

    ``file`` is UTF-8, with or without a byte order mark, its columns apart by comma, semicolon or tab. Raises
    `NotReadable` and `WrongColumns`, the former also when many rows have been read.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.reader(text, delimiter=_find_delimiter(text), strict=True)
    names: list[str] | None = None
    first_of: dict[bytes, int] = {}
    try:
        for number, cells in enumerate(lines, start=1):
            if names is None:
                names = _read_names(cells, action)
            elif any(cell.strip() for cell in cells):
                yield _read_row(number, names, cells, first_of)
            if number > MAX_ROWS + 1:
                raise NotReadable(f"The file has more than {MAX_ROWS:,} rows. Split it into several files.")
    except UnicodeDecodeError:
        where = _find_undecodable(file)
        raise NotReadable(
            f"The file is not UTF-8 text: {where}. Save it as “CSV UTF-8” and send it again."
        ) from None
    except csv.Error as error:
        raise NotReadable(f"Line {lines.line_num:,} cannot be read: {_in_words(error)}") from None
    finally:
        text.detach()
    if names is None or not first_of:
        raise NotReadable(
            "The file has no rows. Fill in the template: a row of names, then one row for each change."
        )


def _find_undecodable(file: IO[bytes]) -> str:
    """Where the first byte is that is no UTF-8, in words; read anew, since text is decoded far ahead of its
    lines."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    for part in iter(partial(file.read, _PART_BYTES), b""):
        if line == 1 and part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "it begins as UTF-16 does"
        try:
            decoder.decode(part)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            return f"line {line:,} has the byte {error.object[error.start]:#04x}"
        line += part.count(b"\n")
    return f"line {line:,} ends within a character"


def _find_delimiter(text: io.TextIOWrapper) -> str:
    """The sign that stands most often in the row of names."""
    try:
        header = text.readline(_HEADER_BYTES)
    except UnicodeDecodeError:
        header = ""
    text.seek(0)
    return max(DELIMITERS, key=header.count)


def _read_names(cells: Sequence[str], action: Action[Any]) -> list[str]:
    names = [cell.strip().lower() for cell in cells]
    offered = column_names(action)
    required = [name for name, info in action.command.model_fields.items() if info.is_required()]
    unknown = [name for name in names if name not in offered]
    twice = sorted({name for name in names if names.count(name) > 1})
    missing = [name for name in required if name not in names]
    problems = [
        f"{sentence} {', '.join(repr(name[:40]) for name in found[:5])}."
        for sentence, found in (
            ("There is no column", unknown),
            ("Named twice:", twice),
            ("Missing:", missing),
        )
        if found
    ]
    if problems:
        raise WrongColumns(f"{' '.join(problems)} The columns are {', '.join(offered)}.")
    return names


def _read_row(number: int, names: list[str], cells: list[str], first_of: dict[bytes, int]) -> FileRow:
    said = blake2b("\x1f".join(cells).encode(), digest_size=16).digest()
    first = first_of.setdefault(said, number)
    duplicate_of = None if first == number else first
    named = {name: cell.replace("\x00", "") for name, cell in zip(names, cells, strict=False)}
    error = None
    if len(cells) != len(names):
        error = f"This row has {len(cells)} cells, and there are {len(names)} columns."
    elif any("\x00" in cell for cell in cells):
        error = "This row contains a null character. Type it anew."
    return FileRow(number, named, error, duplicate_of)


def _in_words(error: csv.Error) -> str:
    words = str(error)
    if "field larger" in words:
        return f"a cell has more than {MAX_CELL_LENGTH:,} characters. Is a quotation mark never closed?"
    if "unexpected end" in words:
        return "a quotation mark is never closed."
    if "expected after" in words:
        return "after a closing quotation mark comes something else than the next column."
    return f"{words}."

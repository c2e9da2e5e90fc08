"""The audit log as a stream of lines, JSON or CSV, oldest first: to be kept or searched elsewhere."""

import csv
import io
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit import CONTENT
from adminboard.core.audit_models import AuditEntry
from adminboard.core.canonical import to_plain
from adminboard.core.listings.export import defuse_text

CHUNK_ROWS = 1_000
FIELDS = ("position", *CONTENT, "previous_hash", "hash")


class ExportFormat(StrEnum):
    JSON_LINES = "jsonl"
    CSV = "csv"


def export_entries(session: Session, form: ExportFormat, *, after: int = 0) -> Iterator[str]:
    """The entries beyond position ``after``, one line each with its end; CSV begins with a header.

    JSON lines hold every field as it is hashed. In CSV, text that a spreadsheet would run is made harmless
    (guarantee 18). Memory stays flat.
    """
    if form is ExportFormat.CSV:
        yield _csv_line(FIELDS)
    for values in _stream_values(session, after):
        if form is ExportFormat.CSV:
            yield _csv_line([_to_cell(values[name]) for name in FIELDS])
        else:
            yield json.dumps(values, ensure_ascii=False) + "\n"


def _stream_values(session: Session, after: int) -> Iterator[dict[str, Any]]:
    columns = [AuditEntry.__table__.c[name] for name in FIELDS]
    statement = select(*columns).order_by(AuditEntry.position).limit(CHUNK_ROWS)
    while True:
        rows = session.execute(statement.where(AuditEntry.position > after)).all()
        for row in rows:
            yield {name: _to_plain(value) for name, value in zip(FIELDS, row, strict=True)}
        if len(rows) < CHUNK_ROWS:
            return
        after = rows[-1][0]


def _to_plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes | memoryview) else to_plain(value)


def _to_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return defuse_text(str(value))


def _csv_line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()

"""The rows of a run: those that come next, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from adminboard.core.models import RunRow, RunRowStatus
from adminboard.core.work import Work


@dataclass(frozen=True, slots=True)
class RowResult:
    """What a row is now. ``preview`` is kept from before where none is given."""

    number: int
    status: RunRowStatus
    preview: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    error: str | None = None
    audit_entry_id: UUID | None = None


def load_rows(
    session: Session, run_id: UUID, status: RunRowStatus, limit: int
) -> Sequence[Row[int, dict[str, Any]]]:
    """The next rows of this status, in the run's order: their numbers and inputs."""
    return session.execute(
        select(RunRow.number, RunRow.input)
        .where(RunRow.run_id == run_id, RunRow.status == status)
        .order_by(RunRow.number)
        .limit(limit)
    ).all()


def write_results(work: Work, run_id: UUID, results: Sequence[RowResult]) -> None:
    """Writes what came of the rows, in one statement."""
    if not results:
        return
    work.session.execute(
        _WRITE,
        {
            "run_id": run_id,
            "now": work.now(),
            "numbers": [result.number for result in results],
            "statuses": [result.status.value for result in results],
            "previews": [_as_json(result.preview) for result in results],
            "results": [_as_json(result.result) for result in results],
            "errors": [result.error for result in results],
            "entries": [result.audit_entry_id for result in results],
        },
    )


def _as_json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


_WRITE = text("""
    UPDATE board.run_rows AS row
    SET status = new.status, preview = coalesce(new.preview::jsonb, row.preview), result = new.result::jsonb,
        error = new.error, audit_entry_id = new.entry,
        finished_at = CASE WHEN new.status IN ('done', 'failed') THEN CAST(:now AS timestamptz) END
    FROM unnest(
        CAST(:numbers AS integer[]), CAST(:statuses AS text[]), CAST(:previews AS text[]),
        CAST(:results AS text[]), CAST(:errors AS text[]), CAST(:entries AS uuid[])
    ) AS new (number, status, preview, result, error, entry)
    WHERE row.run_id = :run_id AND row.number = new.number
""")

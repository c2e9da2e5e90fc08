"""Taking a file: its rows become those of a run, which a worker then checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from psycopg import Connection
from sqlalchemy import func, select

from adminboard.bulk.csv_file import FileRow, read_rows
from adminboard.bulk.kinds import BULK
from adminboard.core.actions import Action, ActionUnknown
from adminboard.core.models import Run, RunRow, RunRowStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import open_run, target_of
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout
from adminboard.jobs import wake_runs

MAX_FILE_NAME_LENGTH = 120
COPY_TIMEOUT = "60s"
PIECE_BYTES = 256 * 1024
_COPY = "COPY board.run_rows (run_id, number, status, input, error, duplicate_of) FROM STDIN"


def require_bulk(action: Action[Any]) -> None:
    """Raises `ActionUnknown` for an action that takes no file."""
    if action.bulk is None:
        raise ActionUnknown(f"{action.title} takes no file. Choose another action.")


def upload(work: Work, action: Action[Any], file: IO[bytes], file_name: str) -> tuple[Run, UUID]:
    """A run of the file's rows, to be checked by a worker; with the id of its entry in the audit log.

    Raises what `read_rows` raises, and `Forbidden` for whoever may not do the action one by one.
    """
    require_bulk(action)
    work.actor.require(Permission.BULK_RUN)
    work.actor.require(action.permission)
    digest = _digest(file)
    name = _shown_name(file_name)
    parameters = {"permission": action.permission.value, "file": name, "sha256": digest}
    run = open_run(work, BULK, name, action=action.name, parameters=parameters)
    set_statement_timeout(work.session, COPY_TIMEOUT)
    _copy_rows(work, run.id, read_rows(file, action))
    of_run = select(func.count()).where(RunRow.run_id == run.id)
    refused = of_run.where(RunRow.status == RunRowStatus.REFUSED)
    run.rows_total = work.session.scalar(of_run)
    run.rows_skipped = run.rows_checked = work.session.scalar(refused) or 0
    work.run_id = run.id
    audit_id = work.audit(
        "bulk.upload",
        target_of(run),
        f"Uploaded {name}: {run.rows_total:,} rows for {action.name}",
        after={"action": action.name, "rows": run.rows_total, "sha256": digest},
    )
    wake_runs(work)
    return run, audit_id


def _digest(file: IO[bytes]) -> str:
    """The SHA-256 of the whole file, which is then to be read from its beginning."""
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _copy_rows(work: Work, run_id: UUID, rows: Iterator[FileRow]) -> None:
    connection: Connection[Any] = work.session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg is the only driver
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for row in rows:
            status = RunRowStatus.WAITING if row.error is None else RunRowStatus.REFUSED
            cells = json.dumps(row.cells, ensure_ascii=False)
            copy.write_row((run_id, row.number, status.value, cells, row.error, row.duplicate_of))


def _shown_name(file_name: str) -> str:
    """The file's own name without its folders, of characters that can be shown."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown[:MAX_FILE_NAME_LENGTH] or "upload.csv"

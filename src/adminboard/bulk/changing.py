"""Making the changes: the next rows of a run in one transaction, each a part that may fail by itself."""

from __future__ import annotations

from time import monotonic
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from adminboard.bulk.checking import group_commands, note_seconds
from adminboard.bulk.rows import RowResult, load_rows, write_results
from adminboard.bulk.sources import Source, Task
from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.errors import DomainError
from adminboard.core.models import Run, RunRowStatus
from adminboard.core.runs import Step
from adminboard.core.work import Work

CHANGED_AT_ONCE = 200
STEP_SECONDS = 0.5
"""A step takes no further row after this long: its locks are in the way of others."""
REFUSED_BY_DATABASE = "The database refused this row: something it needs has changed. Nothing was changed."


def make_advance(read: Source) -> Step:
    """The step that makes the next changes of a run whose rows ``read`` understands."""

    def advance(work: Work, run: Run, runner: ActionRunner) -> bool:
        begun = monotonic()
        rows = load_rows(work.session, run.id, RunRowStatus.READY, CHANGED_AT_ONCE)
        tasks = list(read(work, run, runner, rows))
        for action, commands in group_commands([task for _, task in tasks if isinstance(task, Task)]):
            if action.bulk is not None:
                action.bulk.lock(work, commands)
        acknowledged = frozenset(run.parameters.get("acknowledged", ()))
        results = []
        for number, task in tasks:
            results.append(_change_row(work, runner, number, task, acknowledged))
            if monotonic() - begun >= STEP_SECONDS:
                break
        write_results(work, run.id, results)
        run.rows_done += sum(result.status is RunRowStatus.DONE for result in results)
        run.rows_failed += sum(result.status is RunRowStatus.FAILED for result in results)
        note_seconds(run, "running", monotonic() - begun)
        return bool(rows)

    return advance


def _change_row(
    work: Work,
    runner: ActionRunner,
    number: int,
    task: Task | DomainError,
    acknowledged: frozenset[str],
) -> RowResult:
    """The row's change, or why there is none. Other errors are the whole step's, which is tried again."""
    if isinstance(task, DomainError):
        return RowResult(number, RunRowStatus.FAILED, error=task.detail)
    confirmation = Confirmation(acknowledged=acknowledged, undoes=task.undoes)
    try:
        with work.part():
            outcome = runner.run_in(work, task.action, task.command, confirmation)
    except DomainError as error:
        return RowResult(number, RunRowStatus.FAILED, error=error.detail)
    except (IntegrityError, DataError):
        return RowResult(number, RunRowStatus.FAILED, error=REFUSED_BY_DATABASE)
    result: dict[str, Any] = {**outcome.result, "summary": outcome.summary}
    return RowResult(number, RunRowStatus.DONE, result=result, audit_entry_id=outcome.audit_id)

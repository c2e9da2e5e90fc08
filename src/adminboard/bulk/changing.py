"""Making the changes: the next rows of a run in one transaction, each a part that may fail by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from adminboard.bulk.checking import group_commands, note_pace, note_seconds
from adminboard.bulk.rows import RowResult, load_rows, write_results
from adminboard.bulk.sources import Source, Task
from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.approvals import ApprovalRequired
from adminboard.core.errors import DomainError
from adminboard.core.models import Run, RunRowStatus
from adminboard.core.runs import Step
from adminboard.core.work import Work

FIRST_AT_ONCE, MOST_AT_ONCE = 50, 200
"""Rows of one step. Its entries go to the end of the audit log together, which nobody else can write to
meanwhile. With 500 a single change was seen to take 120 ms by 95th percentile."""
STEP_SECONDS = 0.5
"""A step takes no further row after this long: its locks are in the way of others."""
REFUSALS = (DomainError, IntegrityError, DataError)
NEEDS_ANOTHER = (
    "This row needs a second person by now, whom nobody asked when the run was started. Make it alone."
)
REFUSED_BY_DATABASE = "The database refused this row: something it needs has changed. Nothing was changed."


def make_advance(read: Source) -> Step:
    """The step that makes the next changes of a run whose rows ``read`` understands."""

    def advance(work: Work, run: Run, runner: ActionRunner) -> bool:
        begun = monotonic()
        planned = min((run.cursor or {}).get("rows_at_once", FIRST_AT_ONCE), MOST_AT_ONCE)
        rows = load_rows(work.session, run.id, RunRowStatus.READY, planned)
        tasks = list(read(work, run, runner, rows))
        for action, commands in group_commands([task for _, task in tasks if isinstance(task, Task)]):
            if action.bulk is not None:
                action.bulk.lock(work, commands)
        results = _change_rows(Making(work, run, runner), tasks, begun + STEP_SECONDS)
        write_results(work, run.id, results)
        run.rows_done += sum(result.status is RunRowStatus.DONE for result in results)
        run.rows_failed += sum(result.status is RunRowStatus.FAILED for result in results)
        seconds = monotonic() - begun
        note_pace(run, planned, len(results), seconds, STEP_SECONDS)
        note_seconds(run, "running", seconds)
        return bool(rows)

    return advance


@dataclass(frozen=True, slots=True)
class Making:
    """A step of a run in which rows are changed."""

    work: Work
    run: Run
    runner: ActionRunner

    def change(self, number: int, task: Task | DomainError) -> RowResult:
        """Makes one change. Raises what refuses it, which must undo what it wrote."""
        if isinstance(task, DomainError):
            raise task
        acknowledged = frozenset(self.run.parameters.get("acknowledged", ()))
        confirmation = Confirmation(acknowledged=acknowledged, undoes=task.undoes)
        outcome = self.runner.run_in(self.work, task.action, task.command, confirmation)
        if outcome.approval_id is not None:
            raise ApprovalRequired(NEEDS_ANOTHER)
        result: dict[str, Any] = {**outcome.result, "summary": outcome.summary}
        return RowResult(number, RunRowStatus.DONE, result=result, audit_entry_id=outcome.audit_id)


Tasks = Sequence[tuple[int, Task | DomainError]]


def _change_rows(making: Making, tasks: Tasks, ends_at: float) -> list[RowResult]:
    """As many rows as there is time for: all together, since their check found nothing wrong with them. Where
    one is refused after all they are done one by one, each a part that may fail by itself."""
    if not (making.run.failures or (making.run.cursor or {}).get("one_by_one")):
        try:
            with making.work.part(), making.work.gathering():
                return _until(ends_at, tasks, making.change)
        except REFUSALS:
            ends_at = monotonic() + STEP_SECONDS / 2
    results = _until(ends_at, tasks, lambda number, task: _change_alone(making, number, task))
    one_by_one = any(result.status is RunRowStatus.FAILED for result in results)
    making.run.cursor = {**(making.run.cursor or {}), "one_by_one": one_by_one}
    return results


def _change_alone(making: Making, number: int, task: Task | DomainError) -> RowResult:
    """The row's change, or why there is none. Other errors are the whole step's, which is tried again."""
    try:
        with making.work.part():
            return making.change(number, task)
    except DomainError as error:
        return RowResult(number, RunRowStatus.FAILED, error=error.detail)
    except (IntegrityError, DataError):
        return RowResult(number, RunRowStatus.FAILED, error=REFUSED_BY_DATABASE)


def _until(
    ends_at: float, tasks: Tasks, change: Callable[[int, Task | DomainError], RowResult]
) -> list[RowResult]:
    results = []
    for number, task in tasks:
        results.append(change(number, task))
        if monotonic() >= ends_at:
            break
    return results

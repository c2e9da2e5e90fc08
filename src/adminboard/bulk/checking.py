"""The dry run: every row previewed as things are, and summed up for whoever is to start the run.

Each preview stands alone: it shows what the row would do now, without the rows before it. The sum says how
many rows are about something an earlier row is about too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.bulk.rows import RowResult, load_rows, write_results
from adminboard.bulk.sources import Source, Task
from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Action, Preview
from adminboard.core.canonical import to_plain
from adminboard.core.commands import Command
from adminboard.core.errors import DomainError
from adminboard.core.models import Run, RunRowStatus
from adminboard.core.runs import Step
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout

CHECKED_AT_ONCE = 500
SUM_TIMEOUT = "60s"
"""For the statements that look at all rows of a run at once: a second or so for 100,000."""


def make_check(read: Source) -> Step:
    """The step that previews the next rows of a run whose rows ``read`` understands."""

    def check(work: Work, run: Run, runner: ActionRunner) -> bool:
        begun = monotonic()
        rows = load_rows(work.session, run.id, RunRowStatus.WAITING, CHECKED_AT_ONCE)
        if not rows:
            set_statement_timeout(work.session, SUM_TIMEOUT)
            run.outcome = sum_up(work.session, run.id)
            return False
        tasks = list(read(work, run, runner, rows))
        for action, commands in group_commands([task for _, task in tasks if isinstance(task, Task)]):
            if action.bulk is not None:
                action.bulk.prepare(work.session, commands)
        results = [_check_row(work, number, task) for number, task in tasks]
        write_results(work, run.id, results)
        run.rows_checked += len(results)
        run.rows_skipped += sum(result.status is RunRowStatus.REFUSED for result in results)
        note_seconds(run, "checking", monotonic() - begun)
        return True

    return check


def group_commands(tasks: Sequence[Task]) -> list[tuple[Action[Any], list[Command]]]:
    """The commands of each action, in their order."""
    commands: dict[str, list[Command]] = defaultdict(list)
    for task in tasks:
        commands[task.action.name].append(task.command)
    actions = {task.action.name: task.action for task in tasks}
    return [(actions[name], found) for name, found in commands.items()]


def note_pace(run: Run, planned: int, done: int, seconds: float, enough_seconds: float) -> None:
    """Has the next step take as many rows as fit into ``enough_seconds``: it prepares and locks them all."""
    fitting = done if done < planned else min(int(done * enough_seconds / max(seconds, 0.001)), 2 * planned)
    run.cursor = {**(run.cursor or {}), "rows_at_once": max(fitting, 1)}


def note_seconds(run: Run, phase: str, seconds: float) -> None:
    """Adds to the time the run was worked on, in milliseconds, from which what is left is estimated."""
    spent = dict(run.cursor or {})
    spent[phase] = spent.get(phase, 0) + round(seconds * 1_000)
    run.cursor = spent


def sum_up(session: Session, run_id: UUID) -> dict[str, Any]:
    """What the check found: counts, the credits all ready rows move, and every kind of warning once."""
    counts = session.execute(_COUNTS, {"run_id": run_id}).one()
    warnings = session.execute(_WARNINGS, {"run_id": run_id}).mappings()
    return {**counts._mapping, "warnings": [dict(warning) for warning in warnings]}


def _check_row(work: Work, number: int, task: Task | DomainError) -> RowResult:
    if isinstance(task, DomainError):
        return RowResult(number, RunRowStatus.REFUSED, error=task.detail)
    try:
        work.actor.require(task.action.permission)
        preview = task.action.preview(work.session, task.command)
    except DomainError as error:
        return RowResult(number, RunRowStatus.REFUSED, error=error.detail)
    return RowResult(number, RunRowStatus.READY, preview=_to_data(preview))


def _to_data(preview: Preview) -> dict[str, Any]:
    subject = preview.subject
    return {
        "subject": {"kind": subject.kind, "id": subject.id, "label": subject.label},
        "changes": [
            {
                "field": change.field,
                "before": to_plain(change.before),
                "after": to_plain(change.after),
                "cell": change.cell,
            }
            for change in preview.changes
        ],
        "warnings": [
            {"code": warning.code, "message": warning.message, "must_acknowledge": warning.must_acknowledge}
            for warning in preview.warnings
        ],
        "needs_approval": preview.needs_approval,
        "amount": {"credits": to_plain(preview.amount.credits)} if preview.amount else None,
    }


_COUNTS = text("""
    SELECT count(*) FILTER (WHERE status = 'ready') AS ready,
        count(*) FILTER (WHERE status = 'refused') AS refused,
        count(*) FILTER (WHERE status = 'ready' AND duplicate_of IS NOT NULL) AS duplicates,
        count(*) FILTER (WHERE status = 'ready')
            - count(DISTINCT preview -> 'subject') FILTER (WHERE status = 'ready') AS repeated,
        count(preview ->> 'needs_approval') FILTER (WHERE status = 'ready') AS to_approve,
        min(preview ->> 'needs_approval') FILTER (WHERE status = 'ready') AS approval,
        CAST(sum(CAST(preview #>> '{amount,credits}' AS numeric)) FILTER (WHERE status = 'ready') AS text)
            AS credits
    FROM board.run_rows WHERE run_id = :run_id
""")
_WARNINGS = text("""
    SELECT warning ->> 'code' AS code, count(*) AS rows, min(warning ->> 'message') AS example,
        bool_or((warning ->> 'must_acknowledge')::boolean) AS must_acknowledge
    FROM board.run_rows, jsonb_array_elements(preview -> 'warnings') AS warning
    WHERE run_id = :run_id AND status = 'ready'
    GROUP BY 1 ORDER BY 1
""")

"""Replaying many events: a run that puts them back step by step, so that other work gets its turn."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import String, cast, func, insert, literal, select, update
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.models import Run, RunRow, RunRowStatus
from adminboard.core.runs import RunKind, open_run
from adminboard.core.work import Work
from adminboard.jobs import wake_runs
from adminboard.webhooks.commands import ReplayFailed
from adminboard.webhooks.replaying import failed_events, put_back_failed

EVENTS_IN_A_STEP = 200
NOT_FAILED = "It was not failed any more, or a worker had it."


def open_replay(work: Work, command: ReplayFailed) -> Run:
    """A run over exactly the events that are failed now and that the command names."""
    run = open_run(work, REPLAY, "Replay of failed events", parameters={"reason": command.reason})
    chosen = failed_events(work.session, command).subquery()
    place = func.row_number().over()
    rows = select(
        literal(run.id),
        place,
        cast(literal(RunRowStatus.READY.value), RunRow.status.type),
        func.jsonb_build_object("event", cast(chosen.c.id, String)),
    )
    names = ["run_id", "number", "status", "input"]
    work.session.execute(insert(RunRow).from_select(names, rows))
    run.rows_total = run.rows_checked = count_rows(work.session, run.id)
    wake_runs(work)
    return run


def count_rows(session: Session, run_id: UUID) -> int:
    """How many events a run is about."""
    return session.scalar(select(func.count()).where(RunRow.run_id == run_id)) or 0


def advance(work: Work, run: Run, runner: ActionRunner) -> bool:  # noqa: ARG001 - a step of any run gets it
    """Puts the next events back; those that are not failed any more are passed over."""
    waiting = (
        select(RunRow.number, RunRow.input)
        .where(RunRow.run_id == run.id, RunRow.status == RunRowStatus.READY)
        .order_by(RunRow.number)
        .limit(EVENTS_IN_A_STEP)
    )
    numbers = {UUID(row.input["event"]): row.number for row in work.session.execute(waiting)}
    done = put_back_failed(work, list(numbers), run.parameters["reason"])
    passed_over = [number for event, number in numbers.items() if event not in set(done)]
    _settle(work, run, [numbers[event] for event in done], RunRowStatus.DONE, None)
    _settle(work, run, passed_over, RunRowStatus.SKIPPED, NOT_FAILED)
    run.rows_done += len(done)
    run.rows_skipped += len(passed_over)
    return len(numbers) == EVENTS_IN_A_STEP


def _settle(work: Work, run: Run, numbers: list[int], status: RunRowStatus, error: str | None) -> None:
    rows = update(RunRow).where(RunRow.run_id == run.id, RunRow.number.in_(numbers))
    work.session.execute(rows.values(status=status, error=error, finished_at=work.now()))


REPLAY = RunKind("webhooks.replay", advance)

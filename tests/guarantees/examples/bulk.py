"""Examples of what is done with runs of changes from a file."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.core.models import Run, RunRowStatus, RunStatus
from tests.factories import START, make_bulk_run, make_run_row
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

FOUND = {"ready": 1, "refused": 0, "duplicates": 0, "repeated": 0, "to_approve": 0, "approval": None}


def start(scene: Scene) -> Example:
    warning = {"code": "large_amount", "rows": 1, "example": "It is large.", "must_acknowledge": True}
    warnings = [warning] if scene.chance.random() < 0.5 else []
    run_id = _make(scene, RunStatus.DRAFT, outcome=FOUND | {"warnings": warnings})
    return Example(NameRun(run=run_id), lambda session: _see_started(session, run_id))


def pause(scene: Scene) -> Example:
    status = scene.chance.choice([RunStatus.CHECKING, RunStatus.WAITING, RunStatus.RUNNING])
    return _named(_make(scene, status))


def resumption(scene: Scene) -> Example:
    status = scene.chance.choice([RunStatus.PAUSED, RunStatus.FAILED])
    return _named(_make(scene, status, started_at=scene.chance.choice([None, START])))


def cancellation(scene: Scene) -> Example:
    return _named(_make(scene, scene.chance.choice([RunStatus.DRAFT, RunStatus.RUNNING, RunStatus.PAUSED])))


def undo(scene: Scene) -> Example:
    run_id = _make(scene, RunStatus.FINISHED, rows_done=1)
    count = select(func.count()).where(Run.undoes_id == run_id)
    return Example(
        NameRun(run=run_id), lambda session: {"Undo run": "prepared" if session.scalar(count) else None}
    )


def _named(run_id: UUID) -> Example:
    return Example(NameRun(run=run_id), lambda session: _see(session, run_id))


def _make(scene: Scene, status: RunStatus, **fields: object) -> UUID:
    with scene.board.rows() as session:
        run = make_bulk_run(session, status=status, rows_total=1, **fields)
        done = RunRowStatus.DONE if fields.get("rows_done") else RunRowStatus.READY
        make_run_row(session, run_id=run.id, status=done, audit_entry_id=UUID(int=1))
        return run.id


def _see(session: Session, run_id: UUID) -> Seen:
    return {"Status": session.get_one(Run, run_id).status.value}


def _see_started(session: Session, run_id: UUID) -> Seen:
    run = session.get_one(Run, run_id)
    rows = 0 if run.status is RunStatus.DRAFT else run.rows_total
    return {"Status": run.status.value, "Rows run": rows}


EXAMPLES: dict[str, MakeExample] = {
    "bulk.start": start,
    "bulk.pause": pause,
    "bulk.resume": resumption,
    "bulk.cancel": cancellation,
    "bulk.undo": undo,
}

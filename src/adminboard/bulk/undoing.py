"""Undoing a run: another run over what it did."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.bulk.kinds import BULK, BULK_UNDO
from adminboard.bulk.named_run import NothingToRun, answer, count_rows, get_bulk_run
from adminboard.core import runs
from adminboard.core.actions import Applied, Caution, Change, Preview
from adminboard.core.audit import AlreadyUndone
from adminboard.core.models import Run, RunStatus
from adminboard.core.runs import require_state, target_of
from adminboard.core.work import Work
from adminboard.db.engine import set_statement_timeout

TAKE_OVER_TIMEOUT = "60s"
"""For copying all rows of a run: a second or so for 100,000."""
PREPARES_ONLY = (
    "This prepares a second run and has it checked. Nothing is taken back before you start that one."
)


def preview_undo(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`, `NothingToRun`, `AlreadyUndone`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "undone", *runs.ENDED, RunStatus.PAUSED, RunStatus.FAILED)
    if run.kind != BULK.name or not run.rows_done:
        raise NothingToRun("This run has changed nothing that could be undone.")
    if runs.is_being_undone(session, run):
        raise AlreadyUndone("Another run undoes this one already. Cancel that one first to begin anew.")
    begun = session.scalar(select(func.count()).where(Run.undoes_id == run.id)) or 0
    change = Change("Undo run", None, "prepared")
    note = Caution("undo_is_started_apart", PREPARES_ONLY)
    return Preview(target_of(run), (change,), (note,), facts={"rows": run.rows_done, "begun": begun})


def apply_undo(work: Work, command: NameRun) -> Applied:
    """A new run that takes the rows back, the last one first; it is checked before anybody can start it."""
    run = get_bulk_run(work.session, command.run)
    undo = runs.open_run(
        work,
        BULK_UNDO,
        f"Undo of {run.title}",
        action=run.action,
        parameters={"permission": run.parameters["permission"]},
        undoes_id=run.id,
        rows_total=run.rows_done,
    )
    set_statement_timeout(work.session, TAKE_OVER_TIMEOUT)
    work.session.execute(_TAKE_OVER, {"from": run.id, "to": undo.id})
    summary = (
        f"Prepared {undo.title}, and nothing is taken back yet. "
        f"When its check is done, press Start on its page to take back {count_rows(run.rows_done)}"
    )
    return answer(work, undo, summary)


_TAKE_OVER = text("""
    INSERT INTO board.run_rows (run_id, number, status, input)
    SELECT :to, row_number() OVER (ORDER BY number DESC), 'waiting',
        jsonb_build_object('audit_entry_id', audit_entry_id, 'row', number)
    FROM board.run_rows WHERE run_id = :from AND status = 'done'
""")

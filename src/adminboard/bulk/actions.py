"""What staff may do with a run of changes: start, pause, resume, cancel and undo it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.bulk.kinds import BULK, BULK_UNDO, KINDS
from adminboard.core import runs
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall, Undo
from adminboard.core.audit import AlreadyUndone, Target
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import RunUnknown, get_run, require_state, target_of
from adminboard.core.work import Work, reader
from adminboard.db.engine import set_statement_timeout
from adminboard.jobs import wake_runs

TAKE_OVER_TIMEOUT = "60s"
"""For copying all rows of a run: a second or so for 100,000."""


class NothingToRun(DomainError):
    """No row of the run can be done."""

    title = "There is nothing to run"


def get_bulk_run(session: Session, run_id: UUID) -> Run:
    """The run, for those who may do its action one by one. Raises `RunUnknown`, `Forbidden`."""
    run = get_run(session, run_id)
    if run.kind not in {kind.name for kind in KINDS}:
        raise RunUnknown("There is no run of changes of this id.")
    reader(session).require(Permission(run.parameters["permission"]))
    return run


def find_run_named(session: Session, given: Mapping[str, str]) -> Target | None:
    """Which run the form is about, when the link that opened it names one there is."""
    try:
        return target_of(get_run(session, UUID(given.get("run", ""))))
    except (NotFound, ValueError):
        return None


def lock(work: Work, command: NameRun) -> None:
    """Waits for the step under way, and keeps the next from beginning."""
    runs.lock_run(work, command.run)


def preview_start(session: Session, command: NameRun) -> Preview:
    """Every kind of warning among the rows once, with its number. Raises `RunForbidsThis`, `NothingToRun`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "started", RunStatus.DRAFT)
    found = run.outcome or {}
    if not found.get("ready"):
        raise NothingToRun("No row of this file can be run. Mend the rows it names and upload it again.")
    return Preview(
        target_of(run),
        (_status(run, RunStatus.WAITING),),
        warnings=(*_warnings(found), *_hints(found)),
        facts={"run": str(run.id), "ready": found["ready"], "refused": found["refused"]},
        needs_approval=_approval_sentence(found),
    )


def apply_start(work: Work, command: NameRun) -> Applied:
    """Has a worker run the rows, in the name of who starts it."""
    run = get_bulk_run(work.session, command.run)
    found = run.outcome or {}
    codes = [caution.code for caution in _warnings(found) if caution.must_acknowledge]
    run.parameters = {**run.parameters, "acknowledged": codes}
    runs.start(work, run)
    return _applied(
        work, run, f"Started {run.title}: {_rows(found['ready'])} to run", record={"acknowledged": codes}
    )


def preview_pause(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "paused", *runs.ADVANCING)
    return _preview(run, RunStatus.PAUSED)


def apply_pause(work: Work, command: NameRun) -> Applied:
    """No further step begins; the undo lets it go on."""
    run = get_bulk_run(work.session, command.run)
    runs.pause(run)
    return _applied(work, run, f"Paused {run.title}", Undo("bulk.resume", command))


def preview_resumption(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "resumed", RunStatus.PAUSED, RunStatus.FAILED)
    return _preview(run, RunStatus.CHECKING if run.started_at is None else RunStatus.WAITING)


def apply_resumption(work: Work, command: NameRun) -> Applied:
    """A worker goes on where it stopped; the undo pauses it again."""
    run = get_bulk_run(work.session, command.run)
    runs.resume(run)
    return _applied(work, run, f"Resumed {run.title}", Undo("bulk.pause", command))


def preview_cancellation(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`."""
    run = get_bulk_run(session, command.run)
    open_states = [status for status in RunStatus if status not in runs.ENDED]
    require_state(run, "cancelled", *open_states)
    return _preview(run, RunStatus.CANCELLED)


def apply_cancellation(work: Work, command: NameRun) -> Applied:
    """What is done stays; the rest is never done."""
    run = get_bulk_run(work.session, command.run)
    runs.cancel(work, run)
    return _applied(work, run, f"Cancelled {run.title} after {_rows(run.rows_done)}")


def preview_undo(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`, `NothingToRun`, `AlreadyUndone`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "undone", *runs.ENDED, RunStatus.PAUSED, RunStatus.FAILED)
    if run.kind != BULK.name or not run.rows_done:
        raise NothingToRun("This run has changed nothing that could be undone.")
    others = (Run.undoes_id == run.id, Run.status != RunStatus.CANCELLED)
    if session.scalar(select(exists().where(*others))):
        raise AlreadyUndone("Another run undoes this one already. Cancel that one first to begin anew.")
    begun = session.scalar(select(func.count()).where(Run.undoes_id == run.id)) or 0
    change = Change("Runs that undo it", begun, begun + 1, cell="number")
    return Preview(target_of(run), (change,), facts={"rows": run.rows_done})


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
    summary = f"{undo.title} is being checked: {_rows(run.rows_done)}. Start it when you have seen the result"
    return _applied(work, undo, summary)


def _preview(run: Run, after: RunStatus) -> Preview:
    return Preview(target_of(run), (_status(run, after),), facts={"run": str(run.id)})


def _status(run: Run, after: RunStatus) -> Change:
    return Change("Status", run.status.value, after.value)


def _warnings(found: Mapping[str, Any]) -> list[Caution]:
    """The rows' own warnings, and that of rows that say the same as an earlier one."""
    warnings = [
        Caution(
            warning["code"],
            f"{_rows(warning['rows'])}: {warning['example']}",
            must_acknowledge=warning["must_acknowledge"],
        )
        for warning in found.get("warnings", ())
    ]
    if found.get("duplicates"):
        message = (
            f"{_rows(found['duplicates'])} say exactly the same as an earlier row, and will be run as well."
        )
        warnings.append(Caution("duplicate_rows", message, must_acknowledge=True))
    return warnings


def _hints(found: Mapping[str, Any]) -> list[Caution]:
    """What is good to know."""
    hints = []
    if found["refused"]:
        hints.append(
            Caution("refused_rows", f"{_rows(found['refused'])} cannot be run and will be left out.")
        )
    if found["repeated"]:
        message = (
            f"{_rows(found['repeated'])} are about something an earlier row is about too. Their previews do "
            "not count what the rows before them will have done."
        )
        hints.append(Caution("repeated_subjects", message))
    return hints


def _approval_sentence(found: Mapping[str, Any]) -> str | None:
    if not found.get("to_approve"):
        return None
    return f"{found['to_approve']:,} of {_rows(found['ready'])} need a second admin. {found['approval']}"


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _applied(
    work: Work, run: Run, summary: str, undo: Undo | None = None, record: Mapping[str, Any] | None = None
) -> Applied:
    work.session.flush()
    if run.status in runs.ADVANCING:
        wake_runs(work)
    result = {"id": run.id, "status": run.status, "title": run.title}
    return Applied(result, f"{summary}.", undo, record={"run": run.id, **(record or {})})


_TAKE_OVER = text("""
    INSERT INTO board.run_rows (run_id, number, status, input)
    SELECT :to, row_number() OVER (ORDER BY number DESC), 'waiting',
        jsonb_build_object('audit_entry_id', audit_entry_id, 'row', number)
    FROM board.run_rows WHERE run_id = :from AND status = 'done'
""")


def _action(verb: str, title: str, noun: str, summary: str, **more: Any) -> Action[NameRun]:
    return Action(
        name=f"bulk.{verb}",
        title=title,
        command=NameRun,
        permission=Permission.BULK_RUN,
        lock=lock,
        rest=RestCall("POST", f"/bulk-runs/{{run}}/{noun}", summary),
        subject=find_run_named,
        subject_field="run",
        live=False,
        **more,
    )


start = _action(
    "start",
    "Start the run",
    "start",
    "Run the checked rows",
    preview=preview_start,
    apply=apply_start,
    confirm_label=lambda _, preview: f"Run {_rows(preview.facts['ready'])}",
    money=True,
)
pause = _action(
    "pause", "Pause the run", "pause", "Let no further row begin", preview=preview_pause, apply=apply_pause
)
resume = _action(
    "resume",
    "Resume the run",
    "resumption",
    "Go on where it stopped",
    preview=preview_resumption,
    apply=apply_resumption,
)
cancel = _action(
    "cancel",
    "Cancel the run",
    "cancellation",
    "End it; what is done stays",
    preview=preview_cancellation,
    apply=apply_cancellation,
    destructive=True,
)
undo = _action(
    "undo",
    "Undo the run",
    "undo",
    "Begin a run that takes its rows back",
    preview=preview_undo,
    apply=apply_undo,
    confirm_label=lambda _, preview: f"Undo {_rows(preview.facts['rows'])}",
    destructive=True,
)
ACTIONS = (start, pause, resume, cancel, undo)

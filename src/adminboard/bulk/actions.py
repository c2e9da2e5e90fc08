"""What staff may do with a run of changes: start, pause, resume, cancel and undo it."""

from typing import Any

from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.bulk.named_run import answer, count_rows, find_run_named, get_bulk_run, show_status
from adminboard.bulk.starting import apply_start, label_start, preview_start
from adminboard.bulk.undoing import apply_undo, preview_undo
from adminboard.core import runs
from adminboard.core.actions import Action, Applied, Preview, RestCall, Undo
from adminboard.core.limits import PerMinute
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import require_state, target_of
from adminboard.core.work import Work


def lock(work: Work, command: NameRun) -> None:
    """Waits for the step under way, and keeps the next from beginning."""
    runs.lock_run(work, command.run)


def preview_pause(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "paused", *runs.ADVANCING)
    return _preview(run, RunStatus.PAUSED)


def apply_pause(work: Work, command: NameRun) -> Applied:
    """No further step begins; the undo lets it go on."""
    run = get_bulk_run(work.session, command.run)
    runs.pause(run)
    return answer(work, run, f"Paused {run.title}", Undo("bulk.resume", command))


def preview_resumption(session: Session, command: NameRun) -> Preview:
    """Raises `RunForbidsThis`."""
    run = get_bulk_run(session, command.run)
    require_state(run, "resumed", RunStatus.PAUSED, RunStatus.FAILED)
    return _preview(run, RunStatus.CHECKING if run.started_at is None else RunStatus.WAITING)


def apply_resumption(work: Work, command: NameRun) -> Applied:
    """A worker goes on where it stopped; the undo pauses it again."""
    run = get_bulk_run(work.session, command.run)
    runs.resume(run)
    return answer(work, run, f"Resumed {run.title}", Undo("bulk.pause", command))


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
    return answer(work, run, f"Cancelled {run.title} after {count_rows(run.rows_done)}")


def _preview(run: Run, after: RunStatus) -> Preview:
    return Preview(target_of(run), (show_status(run, after),), facts={"run": str(run.id)})


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
    confirm_label=label_start,
    money=True,
    limit=PerMinute("starts of bulk changes", 10),
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
    confirm_label=lambda _, preview: f"Prepare the undo of {count_rows(preview.facts['rows'])}",
    leads_to="/bulk/{id}",
)
ACTIONS = (start, pause, resume, cancel, undo)

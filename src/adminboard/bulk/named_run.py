"""What all changes of a run have in common: the run they name, and what they answer."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.bulk.kinds import KINDS
from adminboard.core import runs
from adminboard.core.actions import Applied, Change, Undo
from adminboard.core.audit import Target
from adminboard.core.errors import NotFound, NothingToDo
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import RunUnknown, get_run, target_of
from adminboard.core.work import Work, reader
from adminboard.jobs import wake_runs


class NothingToRun(NothingToDo):
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


def show_status(run: Run, after: RunStatus) -> Change:
    """The change of the run's state."""
    return Change("Status", run.status.value, after.value)


def count_rows(count: int) -> str:
    """The number in words: "1 row", "1,200 rows"."""
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def moved_credits(found: Mapping[str, Any]) -> Decimal | None:
    """What all ready rows move together, by what the check found; None where they move no credits."""
    total = found.get("credits")
    return None if total is None else Decimal(total)


def answer(
    work: Work, run: Run, summary: str, undo: Undo | None = None, record: Mapping[str, Any] | None = None
) -> Applied:
    """What was done to the run; has a worker look where there is something for it now."""
    work.session.flush()
    if run.status in runs.ADVANCING:
        wake_runs(work)
    result = {"id": run.id, "status": run.status, "title": run.title}
    return Applied(result, f"{summary}.", undo, record={"run": run.id, **(record or {})})

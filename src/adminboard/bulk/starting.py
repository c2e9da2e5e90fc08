"""Starting a run: what the check found is confirmed once, for all rows together."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.bulk.named_run import (
    NothingToRun,
    answer,
    count_rows,
    get_bulk_run,
    moved_credits,
    show_status,
)
from adminboard.core import runs
from adminboard.core.action_runner import runner_of
from adminboard.core.actions import Amount, Applied, Caution, Change, Preview
from adminboard.core.limits import count_start
from adminboard.core.models import RunStatus
from adminboard.core.money import ZERO, in_dollars
from adminboard.core.runs import require_state, target_of
from adminboard.core.work import Work


def preview_start(session: Session, command: NameRun) -> Preview:
    """What moves in all, and every kind of warning once, with its number of rows.

    Raises `RunForbidsThis`, `NothingToRun`.
    """
    run = get_bulk_run(session, command.run)
    require_state(run, "started", RunStatus.DRAFT)
    found = run.outcome or {}
    if not found.get("ready"):
        raise NothingToRun("No row of this file can be run. Mend the rows it names and upload it again.")
    total = moved_credits(found)
    moved = () if total is None else (Change("Credits moved", ZERO, total, cell="credits"),)
    rows = Change("Rows run", 0, found["ready"], cell="number")
    return Preview(
        target_of(run),
        (*moved, rows, show_status(run, RunStatus.WAITING)),
        warnings=(*_warnings(found), *_hints(found)),
        facts={"run": str(run.id), "ready": found["ready"], "refused": found["refused"]},
        needs_approval=_approval_sentence(found),
        amount=None if total is None else Amount(credits=total),
    )


def label_start(_: NameRun, preview: Preview) -> str:
    """The verb, the rows, and what they move."""
    rows = f"Run {count_rows(preview.facts['ready'])}"
    if preview.amount is None or preview.amount.credits is None:
        return rows
    return f"{rows}, {in_dollars(preview.amount.credits, signed=True)} in all"


def apply_start(work: Work, command: NameRun) -> Applied:
    """Has a worker run the rows, in the name of who starts it.

    Counts as one change of the action that is run, where that is limited, however many rows there are.
    Raises `TooManyChanges`.
    """
    run = get_bulk_run(work.session, command.run)
    limit = runner_of(work.session).actions.get(run.action or "").limit
    if limit is not None:
        count_start(work, limit)
    found = run.outcome or {}
    codes = [caution.code for caution in _warnings(found) if caution.must_acknowledge]
    run.parameters = {**run.parameters, "acknowledged": codes}
    runs.start(work, run)
    return answer(
        work, run, f"Started {run.title}: {count_rows(found['ready'])} to run", record={"acknowledged": codes}
    )


def _warnings(found: Mapping[str, Any]) -> list[Caution]:
    """The rows' own warnings, and that of rows that say the same as an earlier one."""
    warnings = [
        Caution(
            warning["code"],
            f"{count_rows(warning['rows'])}: {warning['example']}",
            must_acknowledge=warning["must_acknowledge"],
        )
        for warning in found.get("warnings", ())
    ]
    if found.get("duplicates"):
        count = count_rows(found["duplicates"])
        says = "says" if found["duplicates"] == 1 else "say"
        message = f"{count} {says} exactly the same as an earlier row, and will be run as well."
        warnings.append(Caution("duplicate_rows", message, must_acknowledge=True))
    return warnings


def _hints(found: Mapping[str, Any]) -> list[Caution]:
    """What is good to know."""
    hints = []
    if found["refused"]:
        rows = count_rows(found["refused"])
        hints.append(Caution("refused_rows", f"{rows} refused by the check will not be run."))
    if found["repeated"]:
        count = count_rows(found["repeated"])
        verb, whose = ("is", "Its preview does") if found["repeated"] == 1 else ("are", "Their previews do")
        message = (
            f"{count} {verb} about something an earlier row is about too. {whose} "
            "not count what the rows before will have done."
        )
        hints.append(Caution("repeated_subjects", message))
    return hints


def _approval_sentence(found: Mapping[str, Any]) -> str | None:
    if not found.get("to_approve"):
        return None
    return f"{found['to_approve']:,} of {count_rows(found['ready'])} need a second admin. {found['approval']}"

"""What staff may do with a run of any kind while it is under way: pause it, let it go on, end it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.bulk.commands import NameRun
from adminboard.bulk.named_run import answer, find_run_named, show_status
from adminboard.core import runs
from adminboard.core.actions import Action, Applied, Preview, RestCall, Undo
from adminboard.core.models import Run, RunStatus
from adminboard.core.permissions import Permission
from adminboard.core.runs import require_state, target_of
from adminboard.core.work import Work

_OPEN = tuple(status for status in RunStatus if status not in runs.ENDED)


@dataclass(frozen=True, slots=True)
class Steering:
    """Of the runs that ``get`` finds. ``area`` begins the names of the actions, ``path`` their addresses in
    REST. ``resumable`` are the states from which such a run goes on. ``words`` tell what was done of a run
    that is cancelled."""

    area: str
    path: str
    permission: Permission
    get: Callable[[Session, UUID], Run]
    words: Callable[[Run], str]
    resumable: tuple[RunStatus, ...] = (RunStatus.PAUSED, RunStatus.FAILED)

    def make_actions(self) -> tuple[Action[NameRun], Action[NameRun], Action[NameRun]]:
        """Pausing, resuming and cancelling."""
        return (
            self.make(
                "pause",
                "Pause the run",
                RestCall("POST", f"{self.path}/{{run}}/pause", "Let no further step begin"),
                preview=self._preview_pause,
                apply=self._apply_pause,
            ),
            self.make(
                "resume",
                "Resume the run",
                RestCall("POST", f"{self.path}/{{run}}/resumption", "Go on where it stopped"),
                preview=self._preview_resumption,
                apply=self._apply_resumption,
            ),
            self.make(
                "cancel",
                "Cancel the run",
                RestCall("POST", f"{self.path}/{{run}}/cancellation", "End it; what is done stays"),
                preview=self._preview_cancellation,
                apply=self._apply_cancellation,
                destructive=True,
            ),
        )

    def make(self, verb: str, title: str, rest: RestCall, **more: Any) -> Action[NameRun]:
        """An action on one of these runs."""
        return Action(
            name=f"{self.area}.{verb}",
            title=title,
            command=NameRun,
            permission=self.permission,
            lock=lock,
            rest=rest,
            subject=find_run_named,
            subject_field="run",
            live=False,
            **more,
        )

    def _preview_pause(self, session: Session, command: NameRun) -> Preview:
        run = self.get(session, command.run)
        require_state(run, "paused", *runs.ADVANCING)
        return _preview(run, RunStatus.PAUSED)

    def _apply_pause(self, work: Work, command: NameRun) -> Applied:
        """No further step begins; the undo lets it go on."""
        run = self.get(work.session, command.run)
        runs.pause(run)
        return answer(work, run, f"Paused {run.title}", Undo(f"{self.area}.resume", command))

    def _preview_resumption(self, session: Session, command: NameRun) -> Preview:
        run = self.get(session, command.run)
        require_state(run, "resumed", *self.resumable)
        if runs.is_being_undone(session, run):
            raise runs.RunForbidsThis(
                "Another run undoes what this one has done, so it cannot be resumed. Cancel that one first, "
                "or send the rest as a file of its own."
            )
        return _preview(run, RunStatus.CHECKING if run.started_at is None else RunStatus.WAITING)

    def _apply_resumption(self, work: Work, command: NameRun) -> Applied:
        """A worker goes on where it stopped; the undo pauses it again."""
        run = self.get(work.session, command.run)
        runs.resume(run)
        return answer(work, run, f"Resumed {run.title}", Undo(f"{self.area}.pause", command))

    def _preview_cancellation(self, session: Session, command: NameRun) -> Preview:
        run = self.get(session, command.run)
        require_state(run, "cancelled", *_OPEN)
        return _preview(run, RunStatus.CANCELLED)

    def _apply_cancellation(self, work: Work, command: NameRun) -> Applied:
        """What is done stays; the rest is never done."""
        run = self.get(work.session, command.run)
        runs.cancel(work, run)
        return answer(work, run, f"Cancelled {run.title} after {self.words(run)}")


def lock(work: Work, command: NameRun) -> None:
    """Waits for the step under way, and keeps the next from beginning."""
    runs.lock_run(work, command.run)


def _preview(run: Run, after: RunStatus) -> Preview:
    return Preview(target_of(run), (show_status(run, after),), facts={"run": str(run.id)})

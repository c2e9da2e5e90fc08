"""Runs: work that takes long is a row with progress, which a worker advances in small committed steps.

A kind of run says how its next step is done. The effect of a step, the state of its rows and the progress of
the run are committed together or not at all, so a run that was interrupted at any moment is taken up again
without repeating a step (docs/adr/0008). Who advances runs is `core.run_advancing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.audit import Target
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.models import Run, RunStatus
from adminboard.core.work import Work

ADVANCING = (RunStatus.CHECKING, RunStatus.WAITING, RunStatus.RUNNING)
"""What a worker takes up."""
ENDED = (RunStatus.FINISHED, RunStatus.CANCELLED)
"""What nothing is done to any more."""

Step = Callable[[Work, Run, ActionRunner], bool]
"""Does the next step within the work, counts it in the run, and tells whether anything is left to do.

It should take well under a second: its locks are held until it ends. The work is that of the run's actor; its
entries name the run. A step may be tried again after it failed, never after it was committed.
"""

Ask = Callable[[Any, Run], Step]
"""Asks the outside what the next step needs, by way of the runtime and outside any transaction, and returns
that step. Nothing else moves the run in between, so the step may rely on the run being as it was then.

It changes nothing, here or there. It is asked again when the step that it returned was not committed.
"""
LEASE = timedelta(seconds=30)
"""After this long without a step another worker takes the run up."""


@dataclass(frozen=True, slots=True)
class RunKind:
    """A kind of long work. One with a ``check`` is checked step by step first, and started by somebody who
    has seen what the check found. One whose steps need an answer from the outside has ``ask`` in place of
    ``advance``, and a ``lease`` that is longer than asking can take."""

    name: str
    advance: Step | None = None
    check: Step | None = None
    ask: Ask | None = None
    lease: timedelta = LEASE

    def __post_init__(self) -> None:
        """Raises `TypeError` unless there is exactly one way to get at the next step."""
        if (self.advance is None) == (self.ask is None):
            raise TypeError(f"a run of the kind {self.name} needs either advance or ask")


class RunUnknown(NotFound):
    """There is no run of this id."""


class RunForbidsThis(DomainError):
    """What is asked does not fit the state a run is in."""

    title = "The run is not at that point"


def target_of(run: Run) -> Target:
    """The run as the subject of an audit entry."""
    return Target("run", str(run.id), run.title)


def get_run(session: Session, run_id: UUID) -> Run:
    """The run as it is now. Raises `RunUnknown`."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise RunUnknown("There is no run of this id.")
    return run


def lock_run(work: Work, run_id: UUID) -> None:
    """Keeps workers and people from changing the run until the work ends; waits for the step under way."""
    work.session.execute(select(Run.id).where(Run.id == run_id).with_for_update())


def open_run(work: Work, kind: RunKind, title: str, **fields: Any) -> Run:
    """A new run in the name of who acts. A worker takes it up at once where it is to be checked, or else has
    nothing to be started by. ``fields`` are further columns."""
    actor = work.actor
    run = Run(
        kind=kind.name,
        title=title,
        status=RunStatus.WAITING if kind.check is None else RunStatus.CHECKING,
        started_at=work.now() if kind.check is None else None,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        ip_address=actor.ip_address,
        user_agent=actor.user_agent,
        request_id=actor.request_id,
        created_at=work.now(),
        updated_at=work.now(),
        **fields,
    )
    work.session.add(run)
    work.session.flush()
    return run


def require_state(run: Run, verb: str, *states: RunStatus) -> None:
    """Raises `RunForbidsThis` unless the run is in a state in which it can be ``verb`` ("paused")."""
    if run.status not in states:
        raise RunForbidsThis(f"This run is {_WORDS[run.status]}, so it cannot be {verb}.")


def is_being_undone(session: Session, run: Run) -> bool:
    """Whether another run takes back what this one has done, or has done so. What it did afterwards would be
    left out of that for ever."""
    others = (Run.undoes_id == run.id, Run.status != RunStatus.CANCELLED)
    return bool(session.scalar(select(exists().where(*others))))


def start(work: Work, run: Run) -> None:
    """Has a checked run done, in the name of who starts it, under the approval they act with."""
    actor = work.actor
    run.status, run.started_at, run.approval_id = RunStatus.WAITING, work.now(), work.approval_id
    run.actor_kind, run.actor_id, run.actor_name = actor.kind.value, actor.id, actor.name
    run.ip_address, run.user_agent, run.request_id = actor.ip_address, actor.user_agent, actor.request_id
    _release(run)


def pause(run: Run) -> None:
    """Lets no further step begin; what is done stays."""
    run.status = RunStatus.PAUSED
    _release(run)


def resume(run: Run) -> None:
    """Goes on where a paused or failed run stopped."""
    run.status = RunStatus.CHECKING if run.started_at is None else RunStatus.WAITING
    run.error = None
    _release(run)


def cancel(work: Work, run: Run) -> None:
    """Ends the run for good; what is done stays."""
    run.status, run.finished_at = RunStatus.CANCELLED, work.now()
    _release(run)


def _release(run: Run) -> None:
    run.claimed_by = run.claimed_until = None
    run.failures = 0


_WORDS = {
    RunStatus.CHECKING: "being checked",
    RunStatus.DRAFT: "checked and not started yet",
    RunStatus.WAITING: "waiting for a worker",
    RunStatus.RUNNING: "running",
    RunStatus.PAUSED: "paused",
    RunStatus.FINISHED: "finished",
    RunStatus.FAILED: "stopped by an error",
    RunStatus.CANCELLED: "cancelled",
}

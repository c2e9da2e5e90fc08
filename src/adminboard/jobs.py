"""What the worker does: jobs that come again by the clock, and long work that someone asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from procrastinate.jobs import Status
from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.core.queue import queue
from adminboard.core.work import Work
from adminboard.runtime import Runtime


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """``run`` is called at the minutes ``cron`` names (UTC), by one worker of all; ``name`` is unique.

    An exception is logged, and the job comes again at its next time.

    It may be killed at any moment and called again: it must commit in small steps and do nothing twice.
    """

    name: str
    cron: str
    run: Callable[[Runtime], object]


@dataclass(frozen=True, slots=True)
class DeferredJob:
    """Work too long for a request: `defer` queues it, one worker of all runs it soon after.

    Like a periodic one it may be killed at any moment and called again.
    """

    name: str
    run: Callable[[Runtime], object]


def count_waiting(session: Session, job: DeferredJob) -> int:
    """How often the job waits to be begun."""
    return session.scalar(text(_WAITING), {"name": job.name, "status": Status.TODO.value}) or 0


def defer(work: Work, job: DeferredJob) -> None:
    """Queues the job in the transaction of the work: it is there exactly when the work was committed."""
    queue(work, job.name)


def wake_runs(work: Work) -> None:
    """Has a worker look for runs to advance, soon after the work is committed. Jobs of the clock go first."""
    queue(work, ADVANCE_RUNS, priority=-1)


_WAITING = "SELECT count(*) FROM board.procrastinate_jobs WHERE task_name = :name AND status::text = :status"

ADVANCE_RUNS = "advance_runs"
EVERY_MINUTE = "* * * * *"
EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_HOUR = "7 * * * *"
"""At seven minutes past, when not everything else starts too."""
EVERY_NIGHT = "23 3 * * *"

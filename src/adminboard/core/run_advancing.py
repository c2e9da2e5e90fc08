"""Advancing runs: claiming one, step after step for a slice of time, and letting go of it.

Several workers may advance runs at once: a run belongs to the one whose claim it bears until that lapses.
A worker that dies leaves its claim to lapse; one that is told to stop ends its slice and leaves the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID, uuid4

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actor import Actor, system_actor
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.models import Run, RunStatus
from adminboard.core.runs import ADVANCING, RunKind, Step, get_run, target_of
from adminboard.core.work import Work, forbid_inside_work

logger = structlog.get_logger(__name__)
SLICE_SECONDS = 4.0
"""How long one run is advanced before others get their turn; shorter than a worker may take to stop."""
MAX_FAILURES = 5
"""So often a step is tried before the run is given up, until somebody resumes it."""
UNKNOWN_FAILURE = "Something went wrong that the board does not know. Its log has the details."


class Doors(Protocol):
    """The part of the runtime that is needed here; kinds of runs that ask the outside get all of it."""

    def reading(self) -> AbstractContextManager[Session]: ...

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


FindActor = Callable[[Session, Run], Actor | None]
"""Who a run acts for, with the rights they have now; None when they may not act any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that nobody else advances for now, and who it acts for."""

    run_id: UUID
    token: UUID
    actor: Actor
    kind: RunKind


class RunAdvancer:
    """Takes up the runs there are. ``queue`` has a worker look for runs again, once a work is committed; each
    step is done within ``stepping``."""

    def __init__(
        self,
        doors: Doors,
        runner: ActionRunner,
        kinds: Iterable[RunKind],
        find_actor: FindActor,
        queue: Callable[[Work], None],
        *,
        slice_seconds: float = SLICE_SECONDS,
        stepping: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._doors = doors
        self._runner = runner
        self._kinds = {kind.name: kind for kind in kinds}
        self._find_actor = find_actor
        self._queue = queue
        self._slice_seconds = slice_seconds
        self._stepping = stepping

    def advance_next(self, run_id: UUID | None = None) -> UUID | None:
        """Advances the run that has waited longest, or the one that is named, for a slice of time.

        Returns its id, None when there was none to be had. A step that fails is undone, noted on the run and
        raised again; the run is taken up again later, at most `MAX_FAILURES` times.
        """
        claim = self._claim(run_id)
        if claim is None:
            return None
        ends_at = time.monotonic() + self._slice_seconds
        try:
            goes_on = True
            while goes_on:
                with self._stepping():
                    goes_on = self._step(claim, ends_at)
        except Exception as error:
            self._note_failure(claim, error)
            raise
        return claim.run_id

    def _claim(self, run_id: UUID | None) -> Claim | None:
        with self._doors.work(system_actor("runs")) as work:
            is_free = or_(Run.claimed_until.is_(None), Run.claimed_until <= work.now())
            waiting = select(Run).where(Run.status.in_(ADVANCING), is_free, Run.kind.in_(self._kinds.keys()))
            if run_id is not None:
                waiting = waiting.where(Run.id == run_id)
            oldest = waiting.order_by(Run.advanced_at.asc().nulls_first(), Run.id).limit(1)
            run = work.session.scalars(oldest.with_for_update(skip_locked=True)).one_or_none()
            if run is None:
                work.abandon()
                return None
            actor = self._find_actor(work.session, run)
            if actor is None:
                _fail(work, run, f"{run.actor_name} may not act on the board any more. Start a new run.")
                self._queue(work)
                return None
            if run.status is RunStatus.WAITING:
                run.status = RunStatus.RUNNING
            kind = self._kinds[run.kind]
            run.claimed_by, run.claimed_until = uuid4(), work.now() + kind.lease
            work.keep_progress(target_of(run))
            return Claim(run.id, run.claimed_by, _situated(actor, run), kind)

    def _step(self, claim: Claim, ends_at: float) -> bool:
        """One step; returns whether to go on at once. The effect, the rows and the progress are one work."""
        asked = self._ask(claim)
        with self._doors.work(claim.actor) as work:
            run = _lock_claimed(work, claim)
            if run is None:
                work.abandon()
                return False
            work.run_id, work.approval_id = run.id, run.approval_id
            kind = claim.kind
            advance = asked or kind.advance
            step = kind.check if run.status is RunStatus.CHECKING and kind.check else advance
            assert step is not None
            is_left = step(work, run, self._runner)
            run.advanced_at, run.claimed_until = work.now(), work.now() + kind.lease
            run.failures, run.error = 0, None
            work.keep_progress(target_of(run))
            if not is_left:
                _end(work, run)
            goes_on = is_left and time.monotonic() < ends_at
            if not goes_on:
                run.claimed_by = run.claimed_until = None
                self._queue(work)
            return goes_on

    def _ask(self, claim: Claim) -> Step | None:
        """The next step, where the outside has to be asked for it, which no transaction waits for."""
        if claim.kind.ask is None:
            return None
        forbid_inside_work()
        with self._doors.reading() as session:
            run = get_run(session, claim.run_id)
        if run.claimed_by != claim.token or run.status is RunStatus.CHECKING:
            return None
        return claim.kind.ask(self._doors, run)

    def _note_failure(self, claim: Claim, error: Exception) -> None:
        """An outside that does not answer is no fault of the run's: it is asked again for as long as that
        lasts."""
        sentence = error.detail if isinstance(error, DomainError) else UNKNOWN_FAILURE
        logger.warning("run_step_failed", run=str(claim.run_id), error=type(error).__name__)
        with self._doors.work(system_actor("runs")) as work:
            run = _lock_claimed(work, claim)
            if run is None:
                work.abandon()
                return
            if not isinstance(error, TooFast | Unavailable):
                run.failures += 1
            run.error = sentence
            run.claimed_by = None
            if run.failures >= MAX_FAILURES:
                _fail(work, run, sentence)
            else:
                work.keep_progress(target_of(run))


def _lock_claimed(work: Work, claim: Claim) -> Run | None:
    """The run, locked for a step; None when it was paused or ended, or when the claim is another's by now."""
    mine = select(Run).where(Run.id == claim.run_id, Run.claimed_by == claim.token, Run.status.in_(ADVANCING))
    return work.session.scalars(mine.with_for_update()).one_or_none()


def _end(work: Work, run: Run) -> None:
    if run.status is RunStatus.CHECKING:
        run.status = RunStatus.DRAFT
        return
    run.status, run.finished_at = RunStatus.FINISHED, work.now()
    counts = f"{run.rows_done:,} done, {run.rows_failed:,} failed, {run.rows_skipped:,} refused"
    work.audit("runs.finish", target_of(run), f"Finished {run.title}: {counts}", after={"counts": counts})


def _fail(work: Work, run: Run, sentence: str) -> None:
    run.status, run.error, run.finished_at = RunStatus.FAILED, sentence, None
    run.claimed_by = run.claimed_until = None
    work.run_id = run.id
    work.audit("runs.fail", target_of(run), f"Stopped {run.title}: {sentence}", after={"error": sentence})


def _situated(actor: Actor, run: Run) -> Actor:
    """The actor with where the run was asked for."""
    return replace(actor, ip_address=run.ip_address, user_agent=run.user_agent, request_id=run.request_id)

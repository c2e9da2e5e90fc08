"""Runs: long work in small committed steps, taken up again wherever it was interrupted."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminboard.core import runs
from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.actor import Actor
from adminboard.core.audit import AuditUnavailable
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError, Unavailable
from adminboard.core.models import Run, RunStatus
from adminboard.core.run_advancing import MAX_FAILURES, RunAdvancer
from adminboard.core.runs import LEASE, RunForbidsThis, RunKind, Step
from adminboard.core.work import Work, forbid_inside_work
from adminboard.db.embedded import APP_ROLE
from adminboard.runtime import Runtime
from tests.core.flags import SetFlag, is_enabled, make_person, set_flag

ROWS = 3


class OutOfOrder(DomainError):
    """What a step of the sample kind raises when it is told to."""


@dataclass
class SampleRuns:
    """A kind of run that switches flags on, one a step, and who advances it."""

    runtime: Runtime
    runner: ActionRunner
    fails: bool = False
    is_away: bool = False
    questions: int = 0
    actor: Actor | None = field(default_factory=make_person)
    woken: int = 0

    @property
    def kind(self) -> RunKind:
        return RunKind("sample", self.advance)

    @property
    def checked_kind(self) -> RunKind:
        return RunKind("checked", self.advance, check=self.check)

    @property
    def asking_kind(self) -> RunKind:
        return RunKind("asking", ask=self.ask, lease=2 * LEASE)

    def ask(self, doors: object, run: Run) -> Step:
        forbid_inside_work()
        assert doors is self.runtime
        if self.is_away:
            raise Unavailable("The outside does not answer.")
        self.questions += 1
        answer = f"flag {run.rows_done + 1}"

        def step(work: Work, run: Run, runner: ActionRunner) -> bool:
            assert answer == f"flag {run.rows_done + 1}"
            return self.advance(work, run, runner)

        return step

    def advance(self, work: Work, run: Run, runner: ActionRunner) -> bool:
        run.rows_done += 1
        command = SetFlag(key=f"flag {run.rows_done}", enabled=True, reason="It is time")
        runner.run_in(work, set_flag, command, Confirmation())
        if self.fails:
            raise OutOfOrder("The flags are out of order.")
        return run.rows_done < ROWS

    def check(self, work: Work, run: Run, runner: ActionRunner) -> bool:
        run.rows_checked += 1
        return run.rows_checked < ROWS

    def worker(self, slice_seconds: float = 0) -> RunAdvancer:
        """One that does a single step at a time, unless it is given longer."""
        return RunAdvancer(
            self.runtime,
            self.runner,
            [self.kind, self.checked_kind, self.asking_kind],
            lambda _session, _run: self.actor,
            self.wake,
            slice_seconds=slice_seconds,
        )

    def wake(self, work: Work) -> None:
        self.woken += 1

    def open(self, kind: RunKind | None = None) -> UUID:
        with self.runtime.work(make_person()) as work:
            run = runs.open_run(work, kind or self.kind, "three flags", rows_total=ROWS)
            work.audit("runs.open", runs.target_of(run), "Opened")
            return run.id

    def change(self, run_id: UUID, verb: str) -> None:
        """As an action does: pause, resume or cancel it."""
        with self.runtime.work(make_person()) as work:
            runs.lock_run(work, run_id)
            run = runs.get_run(work.session, run_id)
            changes = {
                "start": lambda: runs.start(work, run),
                "pause": lambda: runs.pause(run),
                "resume": lambda: runs.resume(run),
                "cancel": lambda: runs.cancel(work, run),
            }
            changes[verb]()
            work.audit(f"runs.{verb}", runs.target_of(run), verb)

    def see(self, run_id: UUID) -> Run:
        with self.runtime.reading() as session:
            return runs.get_run(session, run_id)

    def count_on(self) -> int:
        with self.runtime.reading() as session:
            return sum(is_enabled(session, f"flag {number}") for number in range(1, ROWS + 1))


@pytest.fixture
def sample(runtime: Runtime, runner: ActionRunner) -> SampleRuns:
    return SampleRuns(runtime, runner)


def test_a_worker_advances_a_run_to_its_end_and_every_entry_names_the_run(
    sample: SampleRuns, session: Session
) -> None:
    run_id = sample.open()

    assert sample.worker(slice_seconds=60).advance_next() == run_id
    run = sample.see(run_id)
    assert (run.status, run.rows_done, run.claimed_by) == (RunStatus.FINISHED, ROWS, None)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.run_id == run_id)).all()
    assert [entry.action for entry in entries] == ["flags.set"] * ROWS + ["runs.finish"]
    assert sample.worker().advance_next() is None


def test_a_slice_ends_after_its_time_and_the_next_worker_goes_on(sample: SampleRuns) -> None:
    run_id = sample.open()

    for done in range(1, ROWS + 1):
        sample.worker().advance_next()
        assert sample.see(run_id).rows_done == sample.count_on() == done
    assert sample.see(run_id).status is RunStatus.FINISHED
    assert sample.woken == ROWS


def test_what_has_waited_longest_comes_first(sample: SampleRuns, clock: MovableClock) -> None:
    first = sample.open()
    sample.worker().advance_next()
    clock.advance(timedelta(seconds=1))
    second = sample.open()

    assert [sample.worker().advance_next() for _ in range(2)] == [second, first]


def test_a_claimed_run_is_left_alone_until_the_claim_lapses(
    sample: SampleRuns, clock: MovableClock, session: Session
) -> None:
    run_id = sample.open()
    dead = sample.worker()
    assert dead._claim(None) is not None

    assert sample.worker().advance_next() is None
    clock.advance(LEASE)
    assert sample.worker().advance_next() == run_id
    assert sample.see(run_id).rows_done == 1


def test_a_worker_whose_claim_was_taken_over_does_nothing_more(
    sample: SampleRuns, clock: MovableClock
) -> None:
    run_id = sample.open()
    slow = sample.worker()
    claim = slow._claim(None)
    assert claim is not None
    clock.advance(LEASE)
    sample.worker().advance_next()

    assert slow._step(claim, ends_at=float("inf")) is False
    assert sample.see(run_id).rows_done == 1


def test_a_run_is_checked_then_waits_to_be_started(sample: SampleRuns) -> None:
    run_id = sample.open(sample.checked_kind)
    assert sample.see(run_id).status is RunStatus.CHECKING

    sample.worker(slice_seconds=60).advance_next()
    run = sample.see(run_id)
    assert (run.status, run.rows_checked, run.rows_done) == (RunStatus.DRAFT, ROWS, 0)
    assert sample.worker().advance_next() is None

    sample.change(run_id, "start")
    sample.worker(slice_seconds=60).advance_next()
    assert sample.see(run_id).status is RunStatus.FINISHED


def test_a_paused_run_stands_still_until_it_is_resumed(sample: SampleRuns) -> None:
    run_id = sample.open()
    sample.worker().advance_next()
    sample.change(run_id, "pause")

    assert sample.worker().advance_next() is None
    sample.change(run_id, "resume")
    sample.worker(slice_seconds=60).advance_next()
    assert (sample.see(run_id).status, sample.count_on()) == (RunStatus.FINISHED, ROWS)


def test_a_run_paused_while_it_is_checked_is_checked_further(sample: SampleRuns) -> None:
    run_id = sample.open(sample.checked_kind)
    sample.worker().advance_next()
    sample.change(run_id, "pause")
    sample.change(run_id, "resume")

    assert sample.see(run_id).status is RunStatus.CHECKING


def test_a_cancelled_run_keeps_what_is_done_and_goes_no_further(sample: SampleRuns) -> None:
    run_id = sample.open()
    sample.worker().advance_next()
    sample.change(run_id, "cancel")

    assert sample.worker().advance_next() is None
    assert (sample.see(run_id).status, sample.count_on()) == (RunStatus.CANCELLED, 1)
    with pytest.raises(RunForbidsThis, match="This run is cancelled, so it cannot be resumed"):
        runs.require_state(sample.see(run_id), "resumed", RunStatus.PAUSED)


def test_a_step_that_fails_is_undone_tried_again_and_in_the_end_given_up(
    sample: SampleRuns, clock: MovableClock, session: Session
) -> None:
    run_id = sample.open()
    sample.worker().advance_next()
    sample.fails = True
    for attempt in range(1, MAX_FAILURES + 1):
        assert sample.see(run_id).status is RunStatus.RUNNING
        with pytest.raises(OutOfOrder):
            sample.worker().advance_next()
        assert (sample.see(run_id).failures, sample.count_on()) == (attempt, 1)
        assert sample.worker().advance_next() is None
        clock.advance(LEASE)

    run = sample.see(run_id)
    assert (run.status, run.error) == (RunStatus.FAILED, "The flags are out of order.")
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.position.desc()).limit(1)).one()
    assert (last.action, last.run_id) == ("runs.fail", run_id)

    sample.fails = False
    sample.change(run_id, "resume")
    sample.worker(slice_seconds=60).advance_next()
    assert (sample.see(run_id).status, sample.count_on()) == (RunStatus.FINISHED, ROWS)


def test_a_run_asks_the_outside_before_each_step_and_outside_any_transaction(sample: SampleRuns) -> None:
    run_id = sample.open(sample.asking_kind)

    sample.worker(slice_seconds=60).advance_next()
    assert (sample.see(run_id).status, sample.count_on(), sample.questions) == (
        RunStatus.FINISHED,
        ROWS,
        ROWS,
    )


def test_what_was_asked_for_a_step_that_failed_is_asked_again(
    sample: SampleRuns, clock: MovableClock
) -> None:
    run_id = sample.open(sample.asking_kind)
    sample.fails = True
    with pytest.raises(OutOfOrder):
        sample.worker().advance_next()
    sample.fails = False
    clock.advance(LEASE)
    assert sample.worker().advance_next() is None, "it may take longer to ask"
    clock.advance(LEASE)

    sample.worker(slice_seconds=60).advance_next()
    assert (sample.see(run_id).rows_done, sample.questions) == (ROWS, ROWS + 1)


def test_a_run_whose_outside_is_away_is_never_given_up(sample: SampleRuns, clock: MovableClock) -> None:
    run_id = sample.open(sample.asking_kind)
    sample.is_away = True
    for _ in range(MAX_FAILURES + 1):
        with pytest.raises(Unavailable):
            sample.worker().advance_next()
        clock.advance(2 * LEASE)
    run = sample.see(run_id)
    assert (run.status, run.error) == (RunStatus.RUNNING, "The outside does not answer.")

    sample.is_away = False
    sample.worker(slice_seconds=60).advance_next()
    assert (sample.see(run_id).status, sample.see(run_id).error) == (RunStatus.FINISHED, None)


def test_a_paused_run_asks_nothing(sample: SampleRuns) -> None:
    run_id = sample.open(sample.asking_kind)
    worker = sample.worker()
    claim = worker._claim(None)
    assert claim is not None
    sample.change(run_id, "pause")

    assert worker._step(claim, ends_at=float("inf")) is False
    assert sample.questions == 0


def test_a_kind_has_one_way_to_its_next_step(sample: SampleRuns) -> None:
    with pytest.raises(TypeError, match="either advance or ask"):
        RunKind("neither")
    with pytest.raises(TypeError, match="either advance or ask"):
        RunKind("both", sample.advance, ask=sample.ask)


def test_a_run_of_somebody_who_may_not_act_any_more_is_stopped(sample: SampleRuns) -> None:
    run_id = sample.open()
    sample.actor = None

    assert sample.worker().advance_next() is None
    run = sample.see(run_id)
    assert (run.status, run.rows_done) == (RunStatus.FAILED, 0)
    assert run.error == "ada@board.test may not act on the board any more. Start a new run."


def test_a_run_does_not_move_while_no_entry_could_be_written(sample: SampleRuns, session: Session) -> None:
    run_id = sample.open(sample.checked_kind)
    session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))

    with pytest.raises(AuditUnavailable):
        sample.worker().advance_next()
    run = sample.see(run_id)
    assert (run.rows_checked, run.claimed_by) == (0, None)


def test_a_part_of_a_work_that_fails_takes_back_its_own_changes_and_entries(
    sample: SampleRuns, session: Session
) -> None:
    def switch(work: Work, key: str, *, fails: bool) -> None:
        with work.part():
            command = SetFlag(key=key, enabled=True, reason="It is time")
            sample.runner.run_in(work, set_flag, command, Confirmation())
            if fails:
                raise OutOfOrder("No.")

    with sample.runtime.work(make_person()) as work:
        switch(work, "kept", fails=False)
        with pytest.raises(OutOfOrder):
            switch(work, "taken back", fails=True)

    with sample.runtime.reading() as reading:
        assert is_enabled(reading, "kept")
        assert not is_enabled(reading, "taken back")
    assert [entry.target_id for entry in session.scalars(select(AuditEntry))] == ["kept"]

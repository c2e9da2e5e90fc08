"""Whatever the outside does, a call has its effect at most once, under one key, and the board knows of it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from adminboard.core.audit import AuditUnavailable
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operation_runner import NEVER_ARRIVED, OperationRunner
from adminboard.core.operations import STAYS_FOR, Answer, OperationKind, Operations
from adminboard.core.work import CalledInsideWork
from adminboard.db.embedded import APP_ROLE
from adminboard.runtime import Runtime
from tests.core.flags import is_enabled, make_person
from tests.core.operations.outside import Fault, Outside
from tests.core.operations.switching import (
    decide,
    decide_in,
    get_operation,
    look_up,
    passing,
    settle,
    switching,
)

BEFORE_EFFECT = [Fault.BROKEN, Fault.CONFLICT, Fault.RESET, Fault.SILENT]
AFTER_EFFECT = [Fault.BROKEN_AFTER_EFFECT, Fault.RESET_AFTER_EFFECT, Fault.SILENT_AFTER_EFFECT]


def list_actions(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)))


def test_a_call_is_made_and_its_outcome_written(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session
) -> None:
    operation_id = decide(runtime, "new", outside.url)
    assert (outside.keys_asked, is_enabled(session, "new")) == ([], False)

    executor.attempt(operation_id, make_person())

    operation = get_operation(session, operation_id)
    assert (operation.status, operation.external_id) == (OperationStatus.DONE, "effect_1")
    assert operation.outcome == {
        "summary": "Switched new on",
        "result": {"effect": "effect_1"},
        "answer": {"seen": True},
    }
    assert (outside.effects, outside.keys_asked) == (["new"], [operation.idempotency_key])
    assert is_enabled(session, "new")
    asked, done = session.scalars(select(AuditEntry).order_by(AuditEntry.position))
    assert (asked.action, operation.audit_entry_id) == ("flags.ask", asked.id)
    assert (done.action, operation.outcome_entry_id) == ("flags.switch.done", done.id)
    assert (done.actor_name, done.before) == ("ada@board.test", {"enabled": False})
    assert done.after is not None
    assert done.after["operation_id"] == str(operation_id)
    executor.attempt(operation_id)
    executor.run_due()
    assert len(outside.keys_asked) == 1


def test_the_call_and_its_job_are_there_exactly_when_the_decision_is(
    runtime: Runtime, outside: Outside, session: Session
) -> None:
    jobs = text("SELECT args->>'operation_id' FROM procrastinate_jobs WHERE task_name = 'run_operation'")
    operation_id = decide(runtime, "new", outside.url)
    assert session.scalars(jobs).all() == [str(operation_id)]

    def decide_and_fail() -> None:
        with runtime.work(make_person()) as work:
            decide_in(work, "other", outside.url)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    assert session.scalar(select(func.count(Operation.id))) == 1
    assert len(session.scalars(jobs).all()) == 1


def test_a_refusal_is_final_and_says_why(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.append(Fault.REFUSED)
    operation_id = decide(runtime, "new", outside.url)
    executor.attempt(operation_id)
    clock.advance(timedelta(days=2))
    executor.run_due()

    operation = get_operation(session, operation_id)
    assert (operation.status, operation.error) == (OperationStatus.REFUSED, "Your card was declined.")
    assert (is_enabled(session, "new"), is_enabled(session, "new refused")) == (False, True)
    assert list_actions(session) == ["flags.ask", "flags.switch.refused"]
    assert (outside.effects, len(outside.keys_asked)) == ([], 1)


@pytest.mark.parametrize("fault", [*BEFORE_EFFECT, *AFTER_EFFECT])
def test_what_is_not_known_is_asked_again_under_the_same_key(
    fault: Fault,
    runtime: Runtime,
    executor: OperationRunner,
    outside: Outside,
    session: Session,
    clock: MovableClock,
) -> None:
    outside.faults.extend([fault, fault])
    operation_id = decide(runtime, "new", outside.url)
    executor.attempt(operation_id)
    operation = get_operation(session, operation_id)
    assert operation.status is OperationStatus.UNKNOWN
    assert operation.error is not None
    assert not is_enabled(session, "new")
    executor.run_due()
    assert len(outside.keys_asked) == 1, "it pauses"

    for _ in range(2):
        clock.advance(timedelta(minutes=2))
        executor.run_due()

    operation = get_operation(session, operation_id)
    assert (operation.status, operation.attempts, operation.error) == (OperationStatus.DONE, 3, None)
    assert outside.effects == ["new"]
    assert set(outside.keys_asked) == {operation.idempotency_key}
    assert list_actions(session) == ["flags.ask", "flags.switch.done"]


def test_what_was_surely_not_sent_stays_pending_and_waits_as_long_as_it_is_told(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.append(Fault.BUSY)
    operation_id = decide(runtime, "new", outside.url)
    executor.attempt(operation_id)
    operation = get_operation(session, operation_id)
    assert (operation.status, operation.first_sent_at) == (OperationStatus.PENDING, None)
    assert operation.next_attempt_at == clock.now() + timedelta(seconds=600)
    clock.advance(timedelta(seconds=599))
    assert executor.run_due() == 0
    clock.advance(timedelta(seconds=1))
    assert executor.run_due() == 1
    assert get_operation(session, operation_id).status is OperationStatus.DONE


def wait_out_an_outage(executor: OperationRunner, outside: Outside, clock: MovableClock) -> int:
    """Twenty-five hours in which nothing answers and the keys are forgotten; returns the attempts made."""
    outside.is_down, tried = True, 0
    for _ in range(25):
        clock.advance(timedelta(hours=1))
        tried += executor.run_due()
    outside.is_down = False
    outside.forget_keys()
    clock.advance(timedelta(hours=1))
    return tried


def test_after_a_day_a_call_that_had_its_effect_is_found_and_not_repeated(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.append(Fault.SILENT_AFTER_EFFECT)
    operation_id = decide(runtime, "new", outside.url)
    executor.attempt(operation_id)
    assert wait_out_an_outage(executor, outside, clock) == 25
    assert get_operation(session, operation_id).status is OperationStatus.UNKNOWN
    executor.run_due()

    assert get_operation(session, operation_id).status is OperationStatus.DONE
    assert is_enabled(session, "new")
    assert (outside.effects, len(outside.keys_asked)) == (["new"], 1)


def test_after_a_day_a_call_that_never_arrived_is_not_made_behind_anybodys_back(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.append(Fault.SILENT)
    operation_id = decide(runtime, "new", outside.url)
    executor.attempt(operation_id)
    wait_out_an_outage(executor, outside, clock)
    executor.run_due()

    operation = get_operation(session, operation_id)
    assert (operation.status, operation.error) == (OperationStatus.REFUSED, NEVER_ARRIVED)
    assert (outside.effects, is_enabled(session, "new refused")) == ([], True)


def test_a_call_that_was_never_sent_is_made_after_any_outage(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.extend([Fault.BUSY] * 40)
    operation_id = decide(runtime, "new", outside.url)
    for _ in range(8):
        executor.run_due()
        clock.advance(timedelta(hours=5))
    assert get_operation(session, operation_id).status is OperationStatus.PENDING
    outside.faults.clear()
    executor.run_due()
    assert get_operation(session, operation_id).status is OperationStatus.DONE
    assert outside.effects == ["new"]


def test_what_is_worth_nothing_later_is_given_up(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session, clock: MovableClock
) -> None:
    outside.faults.extend([Fault.BUSY] * 40)
    operation_id = decide(runtime, "new", outside.url, passing)
    for _ in range(8):
        executor.run_due()
        clock.advance(timedelta(minutes=30))
    operation = get_operation(session, operation_id)
    assert (operation.status, operation.error) == (OperationStatus.REFUSED, "Given up: Too many calls.")
    assert operation.outcome == {"given_up": True}
    assert outside.effects == []


def test_an_error_of_our_own_counts_as_unknown(
    runtime: Runtime, outside: Outside, session: Session, clock: MovableClock
) -> None:
    mistakes = [True]

    def call(*_: object) -> Answer:
        if mistakes.pop() if mistakes else False:
            raise KeyError("a secret")
        return Answer("effect_1")

    kind = OperationKind("flags.odd", "Oddity", call, settle, look_up=look_up)
    executor = OperationRunner(runtime, Operations([kind]))
    operation_id = decide(runtime, "new", outside.url, kind)
    executor.attempt(operation_id)
    operation = get_operation(session, operation_id)
    assert (operation.status, "secret" in str(operation.error)) == (OperationStatus.UNKNOWN, False)
    clock.advance(timedelta(minutes=2))
    executor.run_due()
    assert get_operation(session, operation_id).status is OperationStatus.DONE


def test_what_settling_raises_leaves_the_call_to_be_made_again(
    runtime: Runtime, outside: Outside, session: Session, clock: MovableClock
) -> None:
    fails = [True]

    def settle_badly(*given: object) -> object:
        if fails:
            raise ArithmeticError
        return settle(*given)  # type: ignore[arg-type]  # as they were given

    kind = OperationKind("flags.switch", "Switch", switching.call, settle_badly)  # type: ignore[arg-type]  # the same
    executor = OperationRunner(runtime, Operations([kind]))
    operation_id = decide(runtime, "new", outside.url)
    standing = executor.run_at_once(operation_id, make_person())
    assert (standing.status, standing.is_open) == (OperationStatus.RUNNING, True)
    assert not is_enabled(session, "new")
    fails.clear()
    executor.run_due()
    assert len(outside.keys_asked) == 1, "its executor may still be at it"
    clock.advance(STAYS_FOR)
    executor.run_due()
    assert get_operation(session, operation_id).status is OperationStatus.DONE
    assert (outside.effects, len(set(outside.keys_asked))) == (["new"], 1)


def test_nothing_is_sent_while_the_audit_log_cannot_be_written(
    runtime: Runtime, executor: OperationRunner, outside: Outside, session: Session
) -> None:
    operation_id = decide(runtime, "new", outside.url)
    session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))
    with pytest.raises(AuditUnavailable):
        executor.attempt(operation_id)
    operation = get_operation(session, operation_id)
    assert (operation.status, operation.attempts) == (OperationStatus.PENDING, 0)
    assert outside.keys_asked == []


def test_nothing_is_called_from_inside_a_transaction(
    runtime: Runtime, executor: OperationRunner, outside: Outside
) -> None:
    operation_id = decide(runtime, "new", outside.url)
    with runtime.work(make_person()) as work:
        with pytest.raises(CalledInsideWork):
            executor.attempt(operation_id)
        work.abandon()
    assert outside.keys_asked == []
    executor.attempt(operation_id)
    assert outside.effects == ["new"]


def test_a_kind_whose_keys_are_forgotten_must_be_able_to_look_up() -> None:
    with pytest.raises(TypeError, match="look_up"):
        OperationKind("flags.blind", "Blind", switching.call, settle, key_lifetime=timedelta(hours=1))


def test_of_a_kind_that_is_no_longer_known_nothing_is_touched(
    runtime: Runtime, outside: Outside, session: Session, clock: MovableClock
) -> None:
    operation_id = decide(runtime, "new", outside.url)
    clock.advance(timedelta(hours=1))
    executor = OperationRunner(runtime, Operations())
    executor.attempt(operation_id)
    assert executor.run_due() == 0
    assert get_operation(session, operation_id).status is OperationStatus.PENDING

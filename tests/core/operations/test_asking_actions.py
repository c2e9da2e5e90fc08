"""Actions whose change is made outside: the decision is one transaction, its outcome another."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.standing import OperationRefused
from adminboard.runtime import Runtime
from tests.core.flags import is_enabled, make_person, switch
from tests.core.operations.outside import Fault, Outside
from tests.core.operations.switching import make_asking_runner

ADA = make_person()


@pytest.fixture
def runner(runtime: Runtime, outside: Outside) -> ActionRunner:
    return make_asking_runner(runtime, outside.url)


def ask(runner: ActionRunner, key: str | None = None) -> object:
    return runner.run(ADA, runner.actions.get("flags.ask"), switch("new"), Confirmation(idempotency_key=key))


def test_what_is_done_says_so(runner: ActionRunner, outside: Outside, session: Session) -> None:
    outcome = runner.run(ADA, runner.actions.get("flags.ask"), switch("new"), Confirmation())
    assert outcome.operation is not None
    assert (outcome.operation.status, outcome.operation.sentence) == (OperationStatus.DONE, "")
    assert outcome.summary == "Switched new on"
    assert outcome.result == {"key": "new", "effect": "effect_1"}
    asked, done = session.scalars(select(AuditEntry).order_by(AuditEntry.position))
    assert (asked.action, asked.summary) == ("flags.ask", "Asked the outside to switch new on")
    assert outcome.audit_id == asked.id == session.scalars(select(Operation.audit_entry_id)).one()
    assert (done.action, done.actor_name, done.request_id) == ("flags.switch.done", ADA.name, "request-1")
    assert is_enabled(session, "new")


def test_what_is_refused_is_an_error_though_the_decision_stays_written_down(
    runner: ActionRunner, outside: Outside, session: Session
) -> None:
    outside.faults.append(Fault.REFUSED)
    for _ in range(2):
        with pytest.raises(OperationRefused, match="Your card was declined"):
            ask(runner, "one key")
    assert len(outside.keys_asked) == 1
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)).all()
    assert actions == ["flags.ask", "flags.switch.refused"]


def test_twice_is_once_and_the_second_answer_says_how_it_stands_by_then(
    runner: ActionRunner, outside: Outside, session: Session
) -> None:
    outside.faults.append(Fault.SILENT_AFTER_EFFECT)
    first = runner.run(
        ADA, runner.actions.get("flags.ask"), switch("new"), Confirmation(idempotency_key="k" * 9)
    )
    assert first.operation is not None
    assert (first.operation.status, first.operation.is_open) == (OperationStatus.UNKNOWN, True)
    assert first.summary == "Asked the outside to switch new on"
    assert "not known yet" in first.operation.sentence
    again = runner.run(
        ADA, runner.actions.get("flags.ask"), switch("new"), Confirmation(idempotency_key="k" * 9)
    )
    assert again.replayed
    assert again.operation == first.operation
    assert len(outside.keys_asked) == 1


def test_within_a_larger_transaction_the_call_waits_for_its_commit(
    runner: ActionRunner, runtime: Runtime, outside: Outside
) -> None:
    with runtime.work(ADA) as work:
        outcome = runner.run_in(work, runner.actions.get("flags.ask"), switch("new"), Confirmation())
    assert (outcome.operation, outside.keys_asked) == (None, [])
    assert runner.follow(ADA, outcome).summary == "Switched new on"

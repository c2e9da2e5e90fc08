"""One request, one effect: the key belongs to the transaction of the effect."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actor import Actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.errors import InvalidInput
from adminboard.core.idempotency import KEY_LIFETIME, KeyReused
from adminboard.core.models import IdempotencyKey
from tests.core.flags import FlagFrozen, is_enabled, make_person, set_flag, switch

ADA = make_person()


def run(
    runner: ActionRunner, idempotency_key: str, flag: str = "new", enabled: bool = True, actor: Actor = ADA
) -> Outcome:
    confirmation = Confirmation(idempotency_key=idempotency_key)
    return runner.run(actor, set_flag, switch(flag, enabled), confirmation)


def count_effects(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_a_repeated_request_gets_the_first_answer(runner: ActionRunner, session: Session) -> None:
    first = run(runner, "k")
    again = run(runner, "k")

    assert count_effects(session) == 1
    assert again.replayed
    assert not first.replayed
    answers = [(answer.result, answer.audit_id, answer.summary, answer.can_undo) for answer in (first, again)]
    assert answers[0] == answers[1]


def test_the_first_answer_stays_although_the_world_moved_on(runner: ActionRunner, session: Session) -> None:
    run(runner, "k")
    run(runner, "another", enabled=False)
    assert run(runner, "k").result == {"key": "new", "enabled": True}
    assert not is_enabled(session, "new")


@pytest.mark.parametrize(("flag", "enabled"), [("other", True), ("new", False)])
def test_a_key_is_good_for_one_request_only(
    runner: ActionRunner, session: Session, flag: str, enabled: bool
) -> None:
    run(runner, "k")
    with pytest.raises(KeyReused):
        run(runner, "k", flag, enabled)
    assert count_effects(session) == 1


def test_a_request_that_failed_leaves_its_key_free(runner: ActionRunner, session: Session) -> None:
    with pytest.raises(FlagFrozen):
        run(runner, "k", "frozen")
    run(runner, "k")
    assert is_enabled(session, "new")


def test_keys_of_different_people_do_not_meet(runner: ActionRunner, session: Session) -> None:
    run(runner, "k")
    run(runner, "k", "other", actor=make_person(name="bob@board.test"))
    assert count_effects(session) == 2


def test_a_key_is_forgotten_after_30_days(
    runner: ActionRunner, session: Session, clock: MovableClock
) -> None:
    assert timedelta(days=30) == KEY_LIFETIME
    run(runner, "k")
    clock.advance(KEY_LIFETIME - timedelta(seconds=1))
    with pytest.raises(KeyReused):
        run(runner, "k", "other")
    clock.advance(timedelta(seconds=1))
    run(runner, "k", "other")
    assert is_enabled(session, "other")


@pytest.mark.parametrize("key", ["", "x" * 256, "line\nbreak", "null\x00"])
def test_a_key_is_printable_and_short(runner: ActionRunner, session: Session, key: str) -> None:
    with pytest.raises(InvalidInput):
        run(runner, key)
    assert session.scalars(select(IdempotencyKey)).all() == []
    assert count_effects(session) == 0

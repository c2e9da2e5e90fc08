"""Answers that may be some seconds old, kept in the process."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.core.kept import keep_for
from adminboard.runtime import Runtime

LIFETIME = timedelta(seconds=30)


def ask(runtime: Runtime, answer: object) -> object:
    """What is answered where loading would give ``answer``."""

    def load(_: Session) -> object:
        return answer

    with runtime.reading() as session:
        return keep_for(session, LIFETIME, "plans", load)


def test_an_answer_is_given_again_within_its_lifetime(runtime: Runtime, clock: MovableClock) -> None:
    assert ask(runtime, "first") == "first"
    clock.advance(LIFETIME - timedelta(seconds=1))
    assert ask(runtime, "second") == "first"


def test_an_answer_is_asked_anew_after_its_lifetime(runtime: Runtime, clock: MovableClock) -> None:
    ask(runtime, "first")
    clock.advance(LIFETIME)
    assert ask(runtime, "second") == "second"


def test_nothing_is_an_answer_too(runtime: Runtime) -> None:
    assert ask(runtime, None) is None
    assert ask(runtime, "second") is None


def test_a_question_that_failed_is_asked_anew(runtime: Runtime) -> None:
    def fail(_: Session) -> object:
        raise LookupError

    with runtime.reading() as session, pytest.raises(LookupError):
        keep_for(session, LIFETIME, "plans", fail)
    assert ask(runtime, "first") == "first"

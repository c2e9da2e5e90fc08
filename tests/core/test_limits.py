"""Limits per admin and minute: what counts, for whom, and when it is free again."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from adminboard.core.action_runner import ActionRunner, Confirmation
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.clock import MovableClock
from adminboard.core.limits import WINDOW, PerMinute, TooManyChanges
from adminboard.core.models import ActionStart
from adminboard.core.permissions import KEY_SCOPES
from adminboard.runtime import Runtime
from tests.core.flags import FlagFrozen, make_person, make_runner, set_flag, switch

LIMIT = PerMinute("switches", 3)
limited = replace(set_flag, name="flags.set_now_and_then", limit=LIMIT)
counted_together = replace(set_flag, name="flags.set_too", limit=LIMIT)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return make_runner(runtime, limited, counted_together)


@pytest.fixture
def person() -> Actor:
    return make_person(id=uuid4())


def use_up(runner: ActionRunner, actor: Actor) -> None:
    for number in range(LIMIT.most):
        runner.run(actor, limited, switch(f"flag {number}"), Confirmation())


def test_one_more_than_the_limit_is_too_many(runner: ActionRunner, runtime: Runtime, person: Actor) -> None:
    use_up(runner, person)

    with pytest.raises(TooManyChanges) as refused:
        runner.run(person, limited, switch("one more"), Confirmation())

    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 60)
    assert refused.value.detail == (
        "At most 3 switches a minute are possible for one admin. Wait 60 seconds and try again; nothing was "
        "changed."
    )
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(ActionStart)) == 3


def test_nobody_is_told_to_wait_longer_than_the_minute(
    runner: ActionRunner, person: Actor, clock: MovableClock
) -> None:
    """Also by a replica whose request began a moment before those that were counted meanwhile."""
    clock.advance(timedelta(seconds=2))
    use_up(runner, person)
    clock.advance(timedelta(seconds=-2))
    with pytest.raises(TooManyChanges) as refused:
        runner.run(person, limited, switch("one more"), Confirmation())
    assert refused.value.retry_after_seconds == 60


def test_it_is_free_again_after_the_time_that_was_told(
    runner: ActionRunner, runtime: Runtime, person: Actor, clock: MovableClock
) -> None:
    runner.run(person, limited, switch("first"), Confirmation())
    clock.advance(timedelta(seconds=20))
    runner.run(person, limited, switch("second"), Confirmation())
    runner.run(person, limited, switch("third"), Confirmation())

    with pytest.raises(TooManyChanges) as refused:
        runner.run(person, limited, switch("fourth"), Confirmation())
    assert refused.value.retry_after_seconds == 40
    clock.advance(timedelta(seconds=39))
    with pytest.raises(TooManyChanges):
        runner.run(person, limited, switch("fourth"), Confirmation())
    clock.advance(timedelta(seconds=1))
    runner.run(person, limited, switch("fourth"), Confirmation())

    clock.advance(WINDOW)
    runner.run(person, limited, switch("fifth"), Confirmation())
    with runtime.reading() as session:
        assert session.scalar(select(func.count()).select_from(ActionStart)) == 1


def test_actions_of_one_counter_count_together(runner: ActionRunner, person: Actor) -> None:
    use_up(runner, person)
    with pytest.raises(TooManyChanges):
        runner.run(person, counted_together, switch("another"), Confirmation())
    runner.run(person, set_flag, switch("without a limit"), Confirmation())


def test_a_person_counts_through_every_key_and_others_count_by_themselves(
    runner: ActionRunner, person: Actor
) -> None:
    key = Actor(ActorKind.API_KEY, "a key", KEY_SCOPES, id=uuid4(), owner_id=person.id)
    use_up(runner, person)
    with pytest.raises(TooManyChanges):
        runner.run(key, limited, switch("by a key"), Confirmation())
    runner.run(make_person(id=uuid4()), limited, switch("by another"), Confirmation())


def test_what_is_refused_or_asked_again_does_not_count(runner: ActionRunner, person: Actor) -> None:
    for _ in range(5):
        with pytest.raises(FlagFrozen):
            runner.run(person, limited, switch("frozen"), Confirmation())
    for _ in range(5):
        runner.run(person, limited, switch("once"), Confirmation(idempotency_key="once"))
    runner.run(person, limited, switch("second"), Confirmation())
    runner.run(person, limited, switch("third"), Confirmation())
    again = runner.run(person, limited, switch("once"), Confirmation(idempotency_key="once"))
    assert again.replayed


def test_the_steps_of_a_run_do_not_count_nor_what_was_approved(
    runner: ActionRunner, runtime: Runtime, person: Actor
) -> None:
    with runtime.work(person) as work:
        work.run_id = uuid4()
        for number in range(9):
            runner.run_in(work, limited, switch(f"row {number}"), Confirmation())
    with runtime.work(person) as work:
        work.approval_id = uuid4()
        for number in range(9):
            runner.run_in(work, limited, switch(f"approved {number}"), Confirmation())
    use_up(runner, person)


def test_previews_do_not_count(runner: ActionRunner, person: Actor) -> None:
    for _ in range(9):
        runner.preview(person, limited, switch("shown"))
    use_up(runner, person)
    runner.preview(person, limited, switch("shown"))

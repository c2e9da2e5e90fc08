"""Changing the thresholds the board goes by."""

from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.configuration.actions import ChangeSetting, SameValue, change_setting
from adminboard.configuration.web import list_thresholds
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor
from adminboard.core.commands import parse_command
from adminboard.core.errors import Forbidden, InvalidInput
from adminboard.core.models import Setting
from adminboard.core.permissions import Role
from adminboard.core.thresholds import Threshold, get_credit_threshold, get_threshold
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import add_person, log_in_as, make_runtime


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions((change_setting,)))


@pytest.fixture
def actor(runtime: Runtime, session: Session) -> Actor:
    return log_in_as(runtime, add_person(session, Role.ADMIN))


def change(runner: ActionRunner, actor: Actor, setting: Threshold, value: str | None) -> Outcome:
    command = ChangeSetting(setting=setting, value=value)
    token = runner.preview(actor, change_setting, command).token
    return runner.run(actor, change_setting, command, Confirmation(token))


def test_a_changed_threshold_wins_over_the_environment(
    runtime: Runtime, runner: ActionRunner, actor: Actor
) -> None:
    outcome = change(runner, actor, Threshold.APPROVAL_CREDITS, "$2,500")

    assert outcome.summary == "Credits without approval is now $2,500.00."
    with runtime.reading() as session:
        assert get_credit_threshold(session, Threshold.APPROVAL_CREDITS) == Decimal("2500.00")


def test_undo_brings_the_environments_value_back(
    runtime: Runtime, runner: ActionRunner, actor: Actor, session: Session
) -> None:
    outcome = change(runner, actor, Threshold.SESSION_IDLE_HOURS, "0.5")
    action, command = runner.find_undo(actor, outcome.audit_id)

    runner.run(actor, action, command, Confirmation(undoes=outcome.audit_id))

    assert session.scalars(select(Setting)).all() == []
    with runtime.reading() as reading:
        assert get_threshold(reading, Threshold.SESSION_IDLE_HOURS) == 2


def test_undo_brings_an_earlier_change_back(runtime: Runtime, runner: ActionRunner, actor: Actor) -> None:
    change(runner, actor, Threshold.GRACE_PERIOD_DAYS, "10")
    outcome = change(runner, actor, Threshold.GRACE_PERIOD_DAYS, "14")
    action, command = runner.find_undo(actor, outcome.audit_id)

    runner.run(actor, action, command, Confirmation(undoes=outcome.audit_id))

    with runtime.reading() as reading:
        assert get_threshold(reading, Threshold.GRACE_PERIOD_DAYS) == 10


def test_the_same_value_again_is_refused(runner: ActionRunner, actor: Actor) -> None:
    change(runner, actor, Threshold.GRACE_PERIOD_DAYS, "10")

    with pytest.raises(SameValue):
        change(runner, actor, Threshold.GRACE_PERIOD_DAYS, "10")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Threshold.APPROVAL_CREDITS, "NaN"),
        (Threshold.APPROVAL_CREDITS, "10.001"),
        (Threshold.APPROVAL_CREDITS, "-1"),
        (Threshold.APPROVAL_CREDITS, "10001"),
        (Threshold.GRACE_PERIOD_DAYS, "0"),
        (Threshold.GRACE_PERIOD_DAYS, "91"),
        (Threshold.GRACE_PERIOD_DAYS, "seven"),
        (Threshold.GRACE_PERIOD_DAYS, "9" * 90),
        (Threshold.SESSION_TIMEOUT_HOURS, "25"),
        (Threshold.SESSION_TIMEOUT_HOURS, "0"),
        (Threshold.SESSION_TIMEOUT_HOURS, "NaN"),
        (Threshold.SESSION_TIMEOUT_HOURS, "1e9999"),
        (Threshold.DEFAULT_TIMEZONE, "Mars/Olympus"),
        (Threshold.DEFAULT_TIMEZONE, ""),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(setting: Threshold, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_command(ChangeSetting, {"setting": setting.value, "value": value})

    assert [error.field for error in refused.value.errors] == ["value"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.BILLING])
def test_only_administrators_change_settings(
    runtime: Runtime, runner: ActionRunner, session: Session, role: Role
) -> None:
    person = log_in_as(runtime, add_person(session, role))

    with pytest.raises(Forbidden):
        change(runner, person, Threshold.GRACE_PERIOD_DAYS, "10")


def test_every_threshold_is_shown_with_its_value_and_where_it_comes_from(
    runtime: Runtime, runner: ActionRunner, actor: Actor
) -> None:
    change(runner, actor, Threshold.GRACE_PERIOD_DAYS, "1")

    with runtime.reading() as session:
        shown = {item.name: item for item in list_thresholds(session)}

    assert set(shown) == {threshold.value for threshold in Threshold}
    assert (shown["grace_period_days"].value, shown["grace_period_days"].updated_by) == ("1 day", actor.name)
    assert (shown["session_timeout_hours"].value, shown["session_timeout_hours"].updated_by) == (
        "8 hours",
        None,
    )

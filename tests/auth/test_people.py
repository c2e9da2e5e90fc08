"""Looking after the staff: each action works, refuses what it must, and needs the right role."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.auth.actions import ACTIONS
from adminboard.auth.commands import ChangeRole, ChangeTimeZone, InviteAdmin, NameAdmin
from adminboard.auth.models import Admin
from adminboard.auth.passwords import PasswordTooWeak
from adminboard.auth.set_password import SetPasswordCodeRefused, set_password
from adminboard.auth.staff_rules import (
    EmailTaken,
    LastAdministrator,
    NothingToChange,
    NotToYourself,
)
from adminboard.core.action_runner import ActionRunner, Confirmation, Outcome
from adminboard.core.actor import Actor, command_line_actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.commands import Command, parse_command
from adminboard.core.errors import DomainError, Forbidden, InvalidInput
from adminboard.core.permissions import Permission, Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import (
    HOME,
    START,
    add_person,
    can_enter,
    log_in_as,
    make_runner,
    make_runtime,
    put_rows,
)

NEW = InviteAdmin(email="Robin@Example.com", name="Robin", role=Role.SUPPORT)
NEW_PASSWORD = "my cat sleeps on the ledger"
Run = Callable[..., Outcome]


@pytest.fixture
def actor(runtime: Runtime, administrator: Admin) -> Actor:
    return log_in_as(runtime, administrator)


@pytest.fixture
def run(runner: ActionRunner, actor: Actor) -> Run:
    def run_action(name: str, command: Command, by: Actor = actor, **confirmation: Any) -> Outcome:
        return runner.run(by, runner.actions.get(name), command, Confirmation(**confirmation))

    return run_action


def undo(runner: ActionRunner, actor: Actor, outcome: Outcome) -> Outcome:
    action, command = runner.find_undo(actor, outcome.audit_id)
    return runner.run(actor, action, command, Confirmation(undoes=outcome.audit_id))


def test_an_invited_person_sets_a_password_with_the_code_and_logs_in(runtime: Runtime, run: Run) -> None:
    outcome = run("admins.invite", NEW)
    assert not can_enter(runtime, "robin@example.com", NEW_PASSWORD)

    set_password(runtime, HOME, outcome.shown_once["set_password_code"].upper(), NEW_PASSWORD)

    assert can_enter(runtime, "robin@example.com", NEW_PASSWORD)


def test_the_code_works_once_and_for_seven_days(runtime: Runtime, run: Run, clock: MovableClock) -> None:
    code = run("admins.invite", NEW).shown_once["set_password_code"]
    clock.set(START.replace(day=START.day + 7))
    with pytest.raises(SetPasswordCodeRefused):
        set_password(runtime, HOME, code, NEW_PASSWORD)
    clock.set(START.replace(day=START.day + 6))

    set_password(runtime, HOME, code, NEW_PASSWORD)

    with pytest.raises(SetPasswordCodeRefused):
        set_password(runtime, HOME, code, "another good password")


def test_a_weak_password_leaves_the_code_free(runtime: Runtime, run: Run) -> None:
    code = run("admins.invite", NEW).shown_once["set_password_code"]

    with pytest.raises(PasswordTooWeak):
        set_password(runtime, HOME, code, "short")

    set_password(runtime, HOME, code, NEW_PASSWORD)


@pytest.mark.parametrize("code", ["", "-", "wrong", "\ud800", "x" * 5_000])
def test_a_wrong_code_sets_nothing(runtime: Runtime, support: Admin, code: str) -> None:
    with pytest.raises(SetPasswordCodeRefused):
        set_password(runtime, HOME, code, NEW_PASSWORD)


def test_the_code_is_nowhere_in_database_and_audit(session: Session, run: Run) -> None:
    code = run("admins.invite", NEW, idempotency_key="once").shown_once["set_password_code"]

    stored = repr([vars(row) for row in session.scalars(select(AuditEntry))])
    stored += repr([vars(row) for row in session.scalars(select(Admin))])
    assert code not in stored
    assert code.replace("-", "") not in stored


def test_one_address_is_invited_once(run: Run) -> None:
    run("admins.invite", NEW)

    with pytest.raises(EmailTaken):
        run("admins.invite", NEW)


def test_an_invitation_is_undone_by_disabling(
    runtime: Runtime, runner: ActionRunner, run: Run, actor: Actor
) -> None:
    outcome = run("admins.invite", NEW)

    undo(runner, actor, outcome)

    with pytest.raises(SetPasswordCodeRefused):
        set_password(runtime, HOME, outcome.shown_once["set_password_code"], NEW_PASSWORD)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "nonsense", "name": "R", "role": "viewer"}, "email"),
        ({"email": "r@example.com", "name": " ", "role": "viewer"}, "name"),
        ({"email": "r@example.com", "name": "R", "role": "owner"}, "role"),
    ],
)
def test_an_invitation_must_make_sense(data: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_command(InviteAdmin, data)

    assert [error.field for error in refused.value.errors] == [field]


def test_a_role_is_changed_and_changed_back(
    session: Session, runner: ActionRunner, run: Run, actor: Actor, support: Admin
) -> None:
    outcome = run("admins.change_role", ChangeRole(admin=support.email, role=Role.BILLING))
    session.refresh(support)
    assert support.role.value == "billing"

    undo(runner, actor, outcome)

    session.refresh(support)
    assert support.role.value == "support"


def test_the_same_role_again_is_refused(run: Run, support: Admin) -> None:
    with pytest.raises(NothingToChange):
        run("admins.change_role", ChangeRole(admin=str(support.id), role=Role.SUPPORT))


def test_disabling_is_undone_by_enabling(
    runtime: Runtime, runner: ActionRunner, run: Run, actor: Actor, support: Admin
) -> None:
    outcome = run("admins.disable", NameAdmin(admin=support.email))
    assert not can_enter(runtime, support.email)

    undo(runner, actor, outcome)

    assert can_enter(runtime, support.email)


@pytest.mark.parametrize("name", ["admins.disable", "admins.reset_password", "admins.reset_second_factor"])
def test_nobody_does_these_to_themselves(run: Run, administrator: Admin, name: str) -> None:
    with pytest.raises(NotToYourself):
        run(name, NameAdmin(admin=administrator.email))


def test_nobody_changes_their_own_role(run: Run, administrator: Admin) -> None:
    with pytest.raises(NotToYourself):
        run("admins.change_role", ChangeRole(admin=administrator.email, role=Role.VIEWER))


def test_the_last_administrator_stays(session: Session, run: Run, administrator: Admin) -> None:
    add_person(session, Role.ADMIN, disabled_at=START)
    add_person(session, Role.ADMIN, password_hash=None)
    operator = command_line_actor("root")

    with pytest.raises(LastAdministrator):
        run("admins.disable", NameAdmin(admin=administrator.email), operator)
    with pytest.raises(LastAdministrator):
        run("admins.change_role", ChangeRole(admin=administrator.email, role=Role.BILLING), operator)


def test_two_administrators_who_disable_each_other_at_once_leave_one(
    fresh_database: Database, fresh_owner_database: Database
) -> None:
    with put_rows(fresh_owner_database) as rows:
        first = add_person(rows, Role.ADMIN, email="first@board.test")
        second = add_person(rows, Role.ADMIN, email="second@board.test")
    runtime = make_runtime(fresh_database)
    runner = make_runner(runtime)
    actors = [log_in_as(runtime, first), log_in_as(runtime, second)]

    def disable(actor: Actor, other: Admin) -> bool:
        command = NameAdmin(admin=other.email)
        try:
            runner.run(actor, runner.actions.get("admins.disable"), command, Confirmation())
        except DomainError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(disable, actors, [second, first])) == [False, True]
    with runtime.reading() as session:
        left = session.scalar(select(func.count()).where(Admin.disabled_at.is_(None)))
    assert left == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.BILLING])
@pytest.mark.parametrize(
    "action", [action.name for action in ACTIONS if action.permission is Permission.ADMINS_WRITE]
)
def test_only_administrators_look_after_the_staff(
    runtime: Runtime, runner: ActionRunner, session: Session, support: Admin, role: Role, action: str
) -> None:
    person = log_in_as(runtime, add_person(session, role))
    commands = {"admins.invite": NEW, "admins.change_role": ChangeRole(admin=support.email, role=Role.ADMIN)}
    command = commands.get(action, NameAdmin(admin=support.email))

    with pytest.raises(Forbidden):
        runner.run(person, runner.actions.get(action), command, Confirmation())


def test_a_time_zone_is_changed_and_changed_back(
    session: Session, runner: ActionRunner, run: Run, actor: Actor, administrator: Admin
) -> None:
    outcome = run("account.change_time_zone", ChangeTimeZone(time_zone="Europe/Lisbon"))
    session.refresh(administrator)
    assert administrator.time_zone == "Europe/Lisbon"

    undo(runner, actor, outcome)

    session.refresh(administrator)
    assert administrator.time_zone is None


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="from the list"):
        parse_command(ChangeTimeZone, {"time_zone": "Mars/Olympus"})

"""Logging in: who gets in, what the audit log says, and what nobody learns."""

import bcrypt
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.login import ChallengeExpired, LoggedIn, SecondFactorNeeded, log_in, pass_second_factor
from adminboard.auth.models import Admin, LoginAttempt, LoginOutcome
from adminboard.auth.proof import CodeRefused, LoginRefused
from adminboard.core.actor import ActorKind
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.runtime import Runtime
from tests.auth.staff import (
    HOME,
    PASSWORD,
    START,
    add_person,
    can_enter,
    enter,
    find_actor,
    get_actor,
    log_in_as,
    set_second_factor,
)


def actions_in_audit(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.position)))


def test_the_right_password_opens_a_session_with_the_rights_of_the_role(
    runtime: Runtime, session: Session, support: Admin
) -> None:
    actor = get_actor(runtime, enter(runtime, " Sam@Board.test ").session_cookie)

    assert (actor.kind, actor.id, actor.name) == (ActorKind.ADMIN, support.id, "sam@board.test")
    assert actor.permissions == ROLE_PERMISSIONS[Role.SUPPORT]
    assert actor.proved_at == START
    assert actor.time_zone == "America/Los_Angeles"
    assert actions_in_audit(session) == ["session.attempted", "session.opened"]


def test_the_time_zone_of_the_person_wins_over_the_default(runtime: Runtime, session: Session) -> None:
    person = add_person(session, time_zone="Europe/Lisbon")

    assert log_in_as(runtime, person).time_zone == "Europe/Lisbon"


def test_unknown_disabled_uninvited_and_wrong_get_the_same_answer(runtime: Runtime, session: Session) -> None:
    add_person(session, email="disabled@board.test", disabled_at=START)
    add_person(session, email="invited@board.test", password_hash=None)
    add_person(session, email="known@board.test")
    answers = set()
    for email, password in [
        ("nobody@board.test", PASSWORD),
        ("disabled@board.test", PASSWORD),
        ("invited@board.test", PASSWORD),
        ("known@board.test", "not the password"),
        ("", ""),
        ("null\0byte", "\ud800"),
    ]:
        with pytest.raises(LoginRefused) as refused:
            log_in(runtime, HOME, email, password)
        answers.add((refused.value.detail, refused.value.status))

    assert answers == {("E-mail address or password is not right.", 401)}


def test_a_refusal_is_audited_with_its_cause_but_without_what_was_typed(
    runtime: Runtime, session: Session
) -> None:
    with pytest.raises(LoginRefused):
        log_in(runtime, HOME, "my secret password", "typed into the wrong field")

    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "session.refused")).one()
    attempt = session.scalars(select(LoginAttempt)).one()
    assert "there is no such account" in entry.summary
    assert "secret" not in entry.summary + entry.target_label + entry.target_id + attempt.account
    assert entry.ip_address == "203.0.113.7"
    assert attempt.outcome is LoginOutcome.FAILED


def test_a_bcrypt_hash_is_replaced_at_login(runtime: Runtime, session: Session, support: Admin) -> None:
    support.password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    session.flush()

    cookie = enter(runtime, support.email).session_cookie

    session.refresh(support)
    assert support.password_hash is not None
    assert support.password_hash.startswith("$argon2id$")
    assert find_actor(runtime, cookie) is not None
    assert can_enter(runtime, support.email)


def test_the_session_a_browser_came_with_ends_at_login(runtime: Runtime, support: Admin) -> None:
    former = enter(runtime, support.email).session_cookie

    log_in(runtime, HOME, support.email, PASSWORD, former_cookie=former)

    assert find_actor(runtime, former) is None


def test_with_a_second_factor_the_password_alone_opens_nothing(
    runtime: Runtime, session: Session, support: Admin
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, support))
    opened_before = actions_in_audit(session).count("session.opened")

    answer = log_in(runtime, HOME, support.email, PASSWORD)

    assert isinstance(answer, SecondFactorNeeded)
    assert actions_in_audit(session).count("session.opened") == opened_before
    clock = runtime.clock
    assert isinstance(clock, MovableClock)
    clock.set(START.replace(minute=1))
    logged_in = pass_second_factor(runtime, HOME, answer.challenge, app.at(clock.now()))
    assert isinstance(logged_in, LoggedIn)
    assert get_actor(runtime, logged_in.session_cookie).id == support.id


def test_a_wrong_code_is_refused_and_counts_as_a_guess(
    runtime: Runtime, session: Session, support: Admin
) -> None:
    set_second_factor(runtime, log_in_as(runtime, support))
    answer = log_in(runtime, HOME, support.email, PASSWORD)
    assert isinstance(answer, SecondFactorNeeded)

    with pytest.raises(CodeRefused):
        pass_second_factor(runtime, HOME, answer.challenge, "000000")

    outcomes = session.scalars(select(LoginAttempt.outcome).order_by(LoginAttempt.outcome)).all()
    assert outcomes.count(LoginOutcome.FAILED) == 1


@pytest.mark.parametrize("minutes", [5, 60])
def test_the_challenge_of_the_second_factor_expires(
    runtime: Runtime, support: Admin, clock: MovableClock, minutes: int
) -> None:
    app, _ = set_second_factor(runtime, log_in_as(runtime, support))
    answer = log_in(runtime, HOME, support.email, PASSWORD)
    assert isinstance(answer, SecondFactorNeeded)
    clock.set(START.replace(hour=START.hour + minutes // 60, minute=minutes % 60))

    with pytest.raises(ChallengeExpired):
        pass_second_factor(runtime, HOME, answer.challenge, app.at(clock.now()))


def test_a_forged_challenge_is_refused(runtime: Runtime) -> None:
    with pytest.raises(ChallengeExpired):
        pass_second_factor(runtime, HOME, "forged", "123456")

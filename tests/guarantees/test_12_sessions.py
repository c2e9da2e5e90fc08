"""Guarantee 12: sessions are unguessable, kept as hashes, and dead as soon as they should be."""

from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.orm import Session

from adminboard.auth.commands import ChangeRole, EndOwnSession, NameAdmin, OwnAccount
from adminboard.auth.login import log_in, log_out
from adminboard.auth.models import Admin, AdminSession
from adminboard.auth.own_account import change_password
from adminboard.auth.own_changes import SessionUnknown
from adminboard.auth.proof import LoginRefused
from adminboard.auth.sessions import find_live_session
from adminboard.auth.set_password import set_password
from adminboard.auth.tokens import hash_token
from adminboard.core.action_runner import Confirmation, Outcome
from adminboard.core.actor import Actor
from adminboard.core.clock import MovableClock
from adminboard.core.commands import Command
from adminboard.core.models import Setting
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.core.thresholds import Threshold
from adminboard.db.engine import Database
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
    make_runner,
    make_runtime,
)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock)


@pytest.fixture
def person(session: Session) -> Admin:
    return add_person(session, email="person@board.test")


@pytest.fixture
def administrator(runtime: Runtime, session: Session) -> Actor:
    return log_in_as(runtime, add_person(session, Role.ADMIN, email="ada@board.test"))


def run(runtime: Runtime, actor: Actor, name: str, command: Command) -> Outcome:
    runner = make_runner(runtime)
    action = runner.actions.get(name)
    token = runner.preview(actor, action, command).token
    return runner.run(actor, action, command, Confirmation(token))


def store_setting(session: Session, threshold: Threshold, value: object) -> None:
    row = {"key": threshold.value, "value": value, "updated_at": START, "updated_by": "ada@board.test"}
    session.execute(insert(Setting).values(row))


def look_often(runtime: Runtime, clock: MovableClock, cookie: str, until: timedelta) -> str:
    """A browser that asks for a page every half hour and takes the cookie it is given."""
    end = clock.now() + until
    while clock.now() < end:
        clock.advance(timedelta(minutes=30))
        with runtime.reading() as session:
            live = find_live_session(session, runtime.signed, cookie, clock.now())
        assert live is not None
        assert live.renewed_cookie is not None
        cookie = live.renewed_cookie
    return cookie


def test_a_token_has_256_bits_and_only_its_hash_is_stored(
    runtime: Runtime, session: Session, person: Admin
) -> None:
    token = enter(runtime, person.email).session_cookie.partition(".")[0]

    stored = session.scalars(select(AdminSession)).one()
    assert len(token) >= 43
    assert stored.token_hash == hash_token(token)
    assert token not in repr(vars(stored))


def test_each_login_gives_a_new_session(runtime: Runtime, person: Admin) -> None:
    first, second = enter(runtime, person.email), enter(runtime, person.email)

    assert first.session_cookie.partition(".")[0] != second.session_cookie.partition(".")[0]


def test_a_session_ends_eight_hours_after_login_however_busy(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    cookie = look_often(runtime, clock, enter(runtime, person.email).session_cookie, timedelta(hours=7.5))

    clock.advance(timedelta(minutes=29))
    assert find_actor(runtime, cookie) is not None
    clock.advance(timedelta(minutes=1))
    assert find_actor(runtime, cookie) is None


def test_a_session_ends_after_two_idle_hours(runtime: Runtime, person: Admin, clock: MovableClock) -> None:
    cookie = enter(runtime, person.email).session_cookie

    clock.advance(timedelta(minutes=119))
    assert find_actor(runtime, cookie) is not None
    clock.advance(timedelta(minutes=1))
    assert find_actor(runtime, cookie) is None


def test_the_limits_of_settings_hold_for_sessions_that_are_open_already(
    runtime: Runtime, session: Session, person: Admin, clock: MovableClock
) -> None:
    cookie = enter(runtime, person.email).session_cookie
    store_setting(session, Threshold.SESSION_TIMEOUT_HOURS, "1.5")
    store_setting(session, Threshold.SESSION_IDLE_HOURS, 4)

    clock.advance(timedelta(minutes=89))
    assert find_actor(runtime, cookie) is not None
    clock.advance(timedelta(minutes=1))
    assert find_actor(runtime, cookie) is None


def test_the_cookie_is_renewed_once_a_minute_and_not_more_often(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    cookie = enter(runtime, person.email).session_cookie
    clock.advance(timedelta(seconds=59))
    with runtime.reading() as session:
        early = find_live_session(session, runtime.signed, cookie, clock.now())
    clock.advance(timedelta(seconds=1))
    with runtime.reading() as session:
        late = find_live_session(session, runtime.signed, cookie, clock.now())

    assert early is not None
    assert early.renewed_cookie is None
    assert late is not None
    assert late.renewed_cookie is not None


def test_a_cookie_with_another_sessions_stamp_is_refused(
    runtime: Runtime, person: Admin, clock: MovableClock
) -> None:
    idle = enter(runtime, person.email).session_cookie
    clock.advance(timedelta(hours=3))
    fresh = enter(runtime, person.email).session_cookie

    mixed = f"{idle.partition('.')[0]}.{fresh.partition('.')[2]}"

    assert find_actor(runtime, mixed) is None


@pytest.mark.parametrize("cookie", ["", ".", "x", "a.b.c", "\ud800.x", "x" * 10_000])
def test_a_forged_cookie_is_nobodys(runtime: Runtime, person: Admin, cookie: str) -> None:
    token = enter(runtime, person.email).session_cookie.partition(".")[0]

    assert find_actor(runtime, cookie) is None
    assert find_actor(runtime, f"{token}.{cookie}") is None


def test_a_session_is_dead_at_once_after_logout(runtime: Runtime, person: Admin) -> None:
    cookie = enter(runtime, person.email).session_cookie

    log_out(runtime, get_actor(runtime, cookie))

    assert find_actor(runtime, cookie) is None


def test_a_session_is_dead_at_once_after_disabling_and_stays_so(
    runtime: Runtime, administrator: Actor, person: Admin
) -> None:
    cookie = enter(runtime, person.email).session_cookie

    run(runtime, administrator, "admins.disable", NameAdmin(admin=person.email))
    assert find_actor(runtime, cookie) is None
    run(runtime, administrator, "admins.enable", NameAdmin(admin=person.email))

    assert find_actor(runtime, cookie) is None


def test_a_session_is_dead_at_once_after_a_change_of_role(
    runtime: Runtime, administrator: Actor, person: Admin
) -> None:
    cookie = enter(runtime, person.email).session_cookie

    run(runtime, administrator, "admins.change_role", ChangeRole(admin=person.email, role=Role.VIEWER))

    assert find_actor(runtime, cookie) is None
    assert log_in_as(runtime, person).permissions == ROLE_PERMISSIONS[Role.VIEWER]


def test_every_session_is_dead_at_once_after_a_change_of_password(runtime: Runtime, person: Admin) -> None:
    cookies = [enter(runtime, person.email).session_cookie for _ in range(2)]
    actor = get_actor(runtime, cookies[0])

    change_password(
        runtime, HOME, actor, current_password=PASSWORD, new_password="my cat sleeps on the ledger"
    )

    assert [find_actor(runtime, cookie) for cookie in cookies] == [None, None]
    assert can_enter(runtime, person.email, "my cat sleeps on the ledger")


def test_every_session_is_dead_at_once_after_a_password_reset(
    runtime: Runtime, administrator: Actor, person: Admin
) -> None:
    cookie = enter(runtime, person.email).session_cookie

    outcome = run(runtime, administrator, "admins.reset_password", NameAdmin(admin=person.email))

    assert find_actor(runtime, cookie) is None
    (code,) = outcome.shown_once.values()
    set_password(runtime, HOME, code, "my cat sleeps on the ledger")
    assert can_enter(runtime, person.email, "my cat sleeps on the ledger")


def test_an_administrator_logs_a_person_out_everywhere(
    runtime: Runtime, administrator: Actor, person: Admin
) -> None:
    cookies = [enter(runtime, person.email).session_cookie for _ in range(2)]

    outcome = run(runtime, administrator, "admins.end_sessions", NameAdmin(admin=person.email))

    assert outcome.result == {"ended": 2}
    assert [find_actor(runtime, cookie) for cookie in cookies] == [None, None]


def test_a_person_ends_their_other_sessions_and_keeps_this_one(runtime: Runtime, person: Admin) -> None:
    here, elsewhere, lost = (enter(runtime, person.email).session_cookie for _ in range(3))
    actor, other = get_actor(runtime, here), get_actor(runtime, elsewhere)
    assert other.session_id is not None

    run(runtime, actor, "account.end_session", EndOwnSession(session=other.session_id))
    assert find_actor(runtime, elsewhere) is None
    assert find_actor(runtime, lost) is not None
    run(runtime, actor, "account.end_other_sessions", OwnAccount())

    assert find_actor(runtime, lost) is None
    assert find_actor(runtime, here) is not None


def test_nobody_ends_another_persons_session_as_their_own(
    runtime: Runtime, session: Session, person: Admin
) -> None:
    theirs = enter(runtime, person.email).session_cookie
    session_id = get_actor(runtime, theirs).session_id
    assert session_id is not None
    curious = log_in_as(runtime, add_person(session, Role.ADMIN))

    with pytest.raises(SessionUnknown):
        run(runtime, curious, "account.end_session", EndOwnSession(session=session_id))

    assert find_actor(runtime, theirs) is not None


def test_recognising_a_session_takes_one_query_and_writes_nothing(runtime: Runtime, person: Admin) -> None:
    cookie = enter(runtime, person.email).session_cookie
    statements: list[str] = []

    with runtime.reading() as session:
        event.listen(session, "do_orm_execute", lambda state: statements.append(str(state.statement)))
        live = find_live_session(session, runtime.signed, cookie, runtime.clock.now())

    assert live is not None
    assert len(statements) == 1
    assert statements[0].startswith("SELECT")


def test_a_disabled_account_opens_no_session(runtime: Runtime, session: Session, person: Admin) -> None:
    person.disabled_at = START
    session.flush()

    with pytest.raises(LoginRefused):
        log_in(runtime, HOME, person.email, PASSWORD)

    assert session.scalars(select(AdminSession)).all() == []

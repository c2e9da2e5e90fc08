"""People of the staff for tests, their browsers, and what they type."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pyotp
from pydantic import SecretStr
from sqlalchemy.orm import Session

from adminboard.auth.actions import ACTIONS
from adminboard.auth.login import LoggedIn, log_in
from adminboard.auth.models import Admin
from adminboard.auth.own_account import begin_second_factor, confirm_second_factor
from adminboard.auth.passwords import hash_password
from adminboard.auth.proof import LoginRefused
from adminboard.auth.sessions import find_live_session
from adminboard.auth.visitors import Visitor
from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.factories import make_admin

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
SECRET_KEY = "a secret key that only these tests use"
HOME = Visitor(ip_address="203.0.113.7", user_agent="Firefox", request_id="request-1")
ELSEWHERE = Visitor(ip_address="198.51.100.23", user_agent="curl", request_id="request-2")


@cache
def password_hash() -> str:
    return hash_password(PASSWORD)


def make_runtime(database: Database, clock: MovableClock | None = None, **settings: Any) -> Runtime:
    values = {"secret_key": SecretStr(SECRET_KEY)} | settings
    return Runtime(Settings(**values), database, clock or MovableClock(START))


def make_runner(runtime: Runtime) -> ActionRunner:
    return ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions(ACTIONS))


def add_person(session: Session, role: Role = Role.SUPPORT, **fields: Any) -> Admin:
    """Somebody who can log in with `PASSWORD`."""
    return make_admin(session, **({"role": role, "password_hash": password_hash()} | fields))


def enter(runtime: Runtime, email: str, password: str = PASSWORD, visitor: Visitor = HOME) -> LoggedIn:
    """A login without a second factor."""
    logged_in = log_in(runtime, visitor, email, password)
    assert isinstance(logged_in, LoggedIn)
    return logged_in


def can_enter(runtime: Runtime, email: str, password: str = PASSWORD, visitor: Visitor = HOME) -> bool:
    """Whether email and password open a session; being locked out raises as ever."""
    try:
        return enter(runtime, email, password, visitor).session_cookie != ""
    except LoginRefused:
        return False


def find_actor(runtime: Runtime, cookie: str) -> Actor | None:
    """Whom the board takes the sender of this cookie for, now."""
    now = runtime.clock.now()
    with runtime.reading() as session:
        live = find_live_session(session, runtime.signed, cookie, now)
    return live.actor if live else None


def get_actor(runtime: Runtime, cookie: str) -> Actor:
    actor = find_actor(runtime, cookie)
    assert actor is not None
    return actor


def log_in_as(runtime: Runtime, admin: Admin) -> Actor:
    """The person, freshly logged in."""
    return get_actor(runtime, enter(runtime, admin.email).session_cookie)


def set_second_factor(runtime: Runtime, actor: Actor) -> tuple[pyotp.TOTP, list[str]]:
    """The person's authenticator app, and the recovery codes."""
    setup, enrollment = begin_second_factor(runtime, actor)
    app = pyotp.TOTP(enrollment.secret.replace(" ", ""))
    return app, confirm_second_factor(runtime, actor, setup, app.at(runtime.clock.now()))


@contextmanager
def put_rows(database: Database) -> Iterator[Session]:
    """For databases of a test's own: rows that are really committed, put there by the owner."""
    with database.writing() as session:
        yield session

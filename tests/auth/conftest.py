"""A board on the test's own transaction, its clock, and somebody of each role."""

import pytest
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.core.action_runner import ActionRunner
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import START, add_person, make_runner, make_runtime


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return make_runner(runtime)


@pytest.fixture
def support(session: Session) -> Admin:
    return add_person(session, email="sam@board.test")


@pytest.fixture
def administrator(session: Session) -> Admin:
    return add_person(session, Role.ADMIN, email="ada@board.test")

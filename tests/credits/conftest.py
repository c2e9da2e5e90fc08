"""A board on the test's own transaction, its clock, and people to give credits to."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.users.models import User
from tests.factories import make_admin, make_user


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return Runtime(Settings(secret_key="s" * 32), database, clock)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return ActionRunner(
        runtime.reading, runtime.work, runtime.signed, Actions((adjust_credits, reverse_transaction))
    )


@pytest.fixture
def support(session: Session) -> Actor:
    return Actor(
        ActorKind.ADMIN,
        "sam@board.test",
        ROLE_PERMISSIONS[Role.SUPPORT],
        id=make_admin(session, email="sam@board.test").id,
        role=Role.SUPPORT,
        ip_address="203.0.113.7",
        request_id="request-1",
    )


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session, email="jane@example.com")

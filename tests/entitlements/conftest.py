"""A board on the test's own transaction, its clock, people of the staff, and a customer on a plan."""

import pytest
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actions import Actions
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.clock import MovableClock
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.db.engine import Database
from adminboard.entitlements.area import area
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.entitlements.standing import Standing
from tests.factories import START


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return Runtime(Settings(secret_key="s" * 32), database, clock)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return ActionRunner(runtime.reading, runtime.work, runtime.signed, Actions(tuple(area.actions)))


@pytest.fixture
def support() -> Actor:
    return Actor(
        ActorKind.ADMIN, "sam@board.test", ROLE_PERMISSIONS[Role.SUPPORT], role=Role.SUPPORT,
        ip_address="203.0.113.7",
    )  # fmt: skip


@pytest.fixture
def billing() -> Actor:
    return Actor(
        ActorKind.ADMIN, "bea@board.test", ROLE_PERMISSIONS[Role.BILLING], role=Role.BILLING,
        ip_address="203.0.113.8",
    )  # fmt: skip


@pytest.fixture
def standing(session: Session) -> Standing:
    return Standing(session)

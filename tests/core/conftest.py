"""A board on the test's own transaction, with its clock and one action."""

from datetime import UTC, datetime

import pytest

from adminboard.core.action_runner import ActionRunner
from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import make_runner, make_runtime


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return make_runtime(database, clock)


@pytest.fixture
def runner(runtime: Runtime) -> ActionRunner:
    return make_runner(runtime)

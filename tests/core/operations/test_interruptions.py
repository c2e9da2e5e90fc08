"""Executors are killed at every step, overtaken, and run side by side: the effect is there once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operations import STAYS_FOR
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.core.flags import is_enabled, make_runtime
from tests.core.operations.killed_process import STEPS, STEPS_THAT_ASK
from tests.core.operations.outside import Fault, Outside
from tests.core.operations.switching import decide, get_operation, make_executor
from tests.db.templates import Addresses

ROOT = Path(__file__).parents[3]
KILLED_BY_OUTSIDE = (Fault.KILLS_CALLER, Fault.KILLS_CALLER_AFTER_EFFECT)


@pytest.fixture
def runtime(fresh_database: Database, clock: MovableClock) -> Runtime:
    """On a database that really commits."""
    return make_runtime(fresh_database, clock)


def test_a_call_whose_executor_is_killed_at_any_step_has_its_effect_once(
    runtime: Runtime, fresh_addresses: Addresses, outside: Outside, clock: MovableClock
) -> None:
    names = [*STEPS, *(fault.value for fault in KILLED_BY_OUTSIDE)]
    outside.faults.extend([None] * STEPS_THAT_ASK)
    outside.faults.extend(KILLED_BY_OUTSIDE)
    arguments = [fresh_addresses.app_url, outside.url, *names]
    subprocess.run(
        [sys.executable, "-m", "tests.core.operations.killed_process", *arguments], cwd=ROOT, check=True
    )
    assert sorted(outside.effects) == sorted(["answered", "settled", "settling", KILLED_BY_OUTSIDE[1].value])

    clock.set(datetime.now(UTC) + STAYS_FOR + timedelta(seconds=30))
    make_executor(runtime).run_due()

    assert sorted(outside.effects) == sorted(names)
    with runtime.reading() as session:
        keys = session.scalars(select(Operation.idempotency_key)).all()
        assert set(outside.keys_asked) == set(keys)
        assert set(session.scalars(select(Operation.status))) == {OperationStatus.DONE}
        assert all(is_enabled(session, name) for name in names)
        done = select(func.count()).where(AuditEntry.action == "flags.switch.done")
        assert session.scalar(done) == len(names)


def test_of_two_executors_one_makes_the_call(runtime: Runtime, outside: Outside) -> None:
    outside.faults.append(Fault.HELD)
    operation_id = decide(runtime, "new", outside.url, patience_ms=30_000)
    first, second = make_executor(runtime), make_executor(runtime)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(first.attempt, operation_id)
        assert outside.was_asked.wait(10)
        second.attempt(operation_id)
        assert second.run_due() == 0
        outside.released.set()
        made.result()
    assert (outside.effects, len(outside.keys_asked)) == (["new"], 1)
    with runtime.reading() as session:
        assert get_operation(session, operation_id).status is OperationStatus.DONE


def test_an_executor_that_was_overtaken_writes_nothing(
    runtime: Runtime, outside: Outside, clock: MovableClock
) -> None:
    """It was silent for so long that another took the call; both asked under one key."""
    outside.faults.append(Fault.HELD)
    operation_id = decide(runtime, "new", outside.url, patience_ms=30_000)
    executor = make_executor(runtime)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(executor.attempt, operation_id)
        assert outside.was_asked.wait(10)
        clock.advance(STAYS_FOR)
        executor.attempt(operation_id)
        outside.released.set()
        made.result()
    assert (outside.effects, len(set(outside.keys_asked))) == (["new"], 1)
    with runtime.reading() as session:
        operation = get_operation(session, operation_id)
        assert (operation.status, operation.attempts) == (OperationStatus.DONE, 2)
        done = select(func.count()).where(AuditEntry.action == "flags.switch.done")
        assert session.scalar(done) == 1


def test_a_call_that_a_crowd_wants_to_make_is_made_once(runtime: Runtime, outside: Outside) -> None:
    executor = make_executor(runtime)
    operations = [decide(runtime, f"flag {number}", outside.url) for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(executor.attempt, operations * 8))
    assert len(outside.keys_asked) == len(set(outside.keys_asked)) == len(outside.effects) == len(operations)

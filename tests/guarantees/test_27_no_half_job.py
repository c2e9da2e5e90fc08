"""A worker may be killed or told to stop in the middle of a run: each row is run, and run once."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import func, select

from adminboard.app import make_board
from adminboard.bulk.commands import NameRun
from adminboard.bulk.upload import upload
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import command_line_actor
from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.core.models import Run, RunRow, RunRowStatus, RunStatus
from adminboard.core.runs import LEASE
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.credits.verify import verify_ledger
from adminboard.worker import make_run_advancer
from tests.bulk.sending import write_csv
from tests.clients import SECRET_KEY, BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import make_user

USERS = 40
PATIENCE_SECONDS = 120
ACTOR = command_line_actor("guarantee")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        board.clock.set(datetime.now(UTC))
        yield board


@contextmanager
def worker_process(addresses: Addresses) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "APP_ENV": "test",
        "DATABASE_URL": addresses.app_url,
        "SECRET_KEY": SECRET_KEY,
    }
    command = [sys.executable, "-m", "adminboard", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def make_started_run(board: BoardUnderTest, count: int) -> UUID:
    with board.rows() as session:
        emails = [make_user(session).email for _ in range(USERS)]
    rows = [(emails[number % USERS], "1.00", f"Goodwill for outage {number}") for number in range(count)]
    runner = make_board(board.runtime).runner
    with board.runtime.work(ACTOR) as work:
        action = runner.actions.get("credits.adjust")
        run_id = upload(work, action, io.BytesIO(write_csv(rows)), "outage.csv")[0].id
    make_run_advancer(board.runtime, slice_seconds=PATIENCE_SECONDS).advance_next(run_id)
    runner.run(ACTOR, runner.actions.get("bulk.start"), NameRun(run=run_id), Confirmation())
    return run_id


def see(board: BoardUnderTest, run_id: UUID) -> Run:
    with board.rows() as session:
        return session.get_one(Run, run_id)


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 20):
        if is_so():
            return
        Event().wait(0.05)
    raise AssertionError("it never came to that")


@pytest.mark.parametrize("rows", [2_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_each_row_is_run_once_though_workers_are_killed_and_stopped(
    board: BoardUnderTest, fresh_addresses: Addresses, rows: int
) -> None:
    run_id = make_started_run(board, rows)
    with worker_process(fresh_addresses) as process:
        wait_until(lambda: see(board, run_id).rows_done > 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
    killed_at = see(board, run_id).rows_done
    assert 0 < killed_at < rows

    assert isinstance(board.clock, MovableClock)
    board.clock.set(datetime.now(UTC) + LEASE)
    make_run_advancer(board.runtime, slice_seconds=0).advance_next(run_id)
    taken_up_at = see(board, run_id).rows_done
    assert killed_at < taken_up_at < rows

    with worker_process(fresh_addresses) as process:
        wait_until(lambda: see(board, run_id).rows_done > taken_up_at)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    stopped = see(board, run_id)
    assert stopped.claimed_by is None, "it ended its step and let go of the run"

    if stopped.status is not RunStatus.FINISHED:
        make_run_advancer(board.runtime, slice_seconds=PATIENCE_SECONDS).advance_next(run_id)
    assert_each_row_is_there_once(board, run_id, rows)


def assert_each_row_is_there_once(board: BoardUnderTest, run_id: UUID, count: int) -> None:
    run = see(board, run_id)
    assert (run.status, run.rows_done, run.rows_failed) == (RunStatus.FINISHED, count, 0)
    with board.rows() as session:
        done = select(func.count()).where(RunRow.run_id == run_id, RunRow.status == RunRowStatus.DONE)
        audited = select(func.count()).where(
            AuditEntry.action == "credits.adjust", AuditEntry.run_id == run_id
        )
        posted = select(func.count()).select_from(CreditTransaction)
        assert [session.scalar(found) for found in (done, audited, posted)] == [count] * 3
        assert set(session.scalars(select(CreditBalance.total))) == {Decimal(count) / USERS}
        assert verify_ledger(session) == []

"""A worker hears of new jobs by LISTEN. Where only a pooler in transaction mode is known, through which
nobody can, it looks for them by the clock and works them off all the same.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.clients import SECRET_KEY
from tests.cluster.programs import free_ports
from tests.db.templates import Addresses, opened_database
from tests.doctor.pooler import Pooler
from tests.guarantees.test_27_no_half_job import PATIENCE_SECONDS, wait_until

QUEUED = "INSERT INTO board.procrastinate_jobs (queue_name, task_name) VALUES ('default', 'advance_runs')"
WAITING = """
SELECT count(*) FROM board.procrastinate_jobs WHERE task_name = 'advance_runs' AND status IN ('todo', 'doing')
"""
"""One that a standstill of the machine makes fail was heard of nonetheless."""
LISTENING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'adminboard worker' AND query LIKE 'LISTEN %'
"""
ALIVE = "SELECT count(*) FROM board.procrastinate_workers"
COMMANDS = {"alone": ["worker"], "beside pages": ["serve"]}


def ask(addresses: Addresses, statement: str) -> int:
    with opened_database(addresses.superuser_url) as database, database.writing() as session:
        return int(session.scalar(text(statement)) or 0)


@contextmanager
def working(database_url: str, *command: str, prepares: bool) -> Iterator[None]:
    """A real process that works on the jobs; told to stop, it ends in order."""
    environment = os.environ | {
        "APP_ENV": "test",
        "DATABASE_URL": database_url,
        "DB_PREPARED_STATEMENTS": str(prepares).lower(),
        "PORT": str(free_ports(1)[0]),
        "SECRET_KEY": SECRET_KEY,
        "STRIPE_API_KEY": "sk_test_of_nobody",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_nobody",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "adminboard", *command], env=environment, stderr=subprocess.DEVNULL
    )
    try:
        yield
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) in {0, -15}
    finally:
        process.kill()
        process.wait()


def queue_and_wait(addresses: Addresses) -> None:
    """Once somebody works, a job of no clock's is queued, and worked off."""
    wait_until(lambda: ask(addresses, ALIVE) == 1)
    with opened_database(addresses.owner_url) as owner, owner.writing() as session:
        session.execute(text(QUEUED))
    wait_until(lambda: ask(addresses, WAITING) == 0)


def test_straight_to_the_server_it_listens(fresh_addresses: Addresses) -> None:
    with working(fresh_addresses.straight_app_url, "worker", prepares=True):
        queue_and_wait(fresh_addresses)
        assert ask(fresh_addresses, LISTENING) == 1


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_where_only_a_pooler_is_known_it_looks(fresh_addresses: Addresses, command: list[str]) -> None:
    with (
        Pooler(fresh_addresses.straight_app_url, shares=True) as url,
        working(url, *command, prepares=False),
    ):
        queue_and_wait(fresh_addresses)
        assert ask(fresh_addresses, LISTENING) == 0

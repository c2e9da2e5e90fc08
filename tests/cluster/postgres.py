"""A streaming standby of an embedded server, with everything real: its own data, its own processes."""

from pathlib import Path

import psycopg

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.account import choose_account
from adminboard.db.embedded.binaries import find_binaries
from adminboard.db.embedded.directories import prepare_directories
from adminboard.db.embedded.postmaster import run_as
from adminboard.db.urls import psycopg_conninfo

STANDBY_SETTINGS = {"hot_standby_feedback": "on"}
"""Else a long export there is broken off by what the primary cleans up meanwhile."""


def start_standby(primary: EmbeddedServer, folder: Path) -> EmbeddedServer:
    """Copies the primary into the folder, and follows it from then on."""
    folder.mkdir()
    account = choose_account(folder)
    directories = prepare_directories(folder, account)
    command = [
        *(find_binaries(account).program("pg_basebackup"), "--pgdata", str(directories.cluster)),
        *("--dbname", psycopg_conninfo(primary.superuser_url())),
        *("--write-recovery-conf", "--create-slot", "--slot", "standby", "--checkpoint", "fast"),
    ]
    done = run_as(account, directories.home, command)
    assert done.returncode == 0, done.stderr
    return EmbeddedServer.start(folder, settings=STANDBY_SETTINGS)


def ask(server: EmbeddedServer, statement: str, database: str = "postgres") -> object:
    """The one value that the statement gives, if it gives any, as the superuser."""
    conninfo = psycopg_conninfo(server.superuser_url(database))
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
        answered = connection.execute(statement.encode())
        row = answered.fetchone() if answered.description else None
    return row[0] if row is not None else None


def has_caught_up(primary: EmbeddedServer, standby: EmbeddedServer) -> bool:
    """Whether the standby has replayed all that the primary has written until now."""
    written = ask(primary, "SELECT pg_current_wal_lsn()")
    return bool(ask(standby, f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))

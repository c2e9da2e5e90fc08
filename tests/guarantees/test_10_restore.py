"""A backup restored into a new cluster verifies: the chain, the ledger, and the rows of every table."""

import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from adminboard.audit.checkpoint import CheckpointKeys, make_checkpoint
from adminboard.audit.verify import verify_chain
from adminboard.core.actor import system_actor
from adminboard.credits.verify import verify_ledger
from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.embedded.account import choose_account
from adminboard.db.embedded.binaries import find_binaries
from adminboard.db.engine import Database
from adminboard.db.prepare import prepare_schema
from adminboard.db.urls import psycopg_conninfo
from adminboard.models import metadata
from tests.clients import SECRET_KEY, BoardUnderTest, open_board
from tests.db.templates import Addresses, opened_database
from tests.factories import make_user

RESTORED = "restored"
KEYS = CheckpointKeys([SECRET_KEY])


def run_program(folder: Path, name: str, *words: str) -> None:
    """One of PostgreSQL's own programs, as docs/OPERATIONS.md calls it."""
    program = find_binaries(choose_account(folder)).program(name)
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make_history(board: BoardUnderTest) -> None:
    """Users with credits given, taken and given back, and a signed checkpoint of the trail."""
    program = board.program()
    with board.rows() as session:
        users = [make_user(session).email for _ in range(5)]
    for number, user in enumerate(users * 4):
        body = {"amount": str(Decimal(number + 1) / 4), "reason": f"Goodwill for outage {number}"}
        made = program.post(
            f"/v1/admin/users/{user}/credit-adjustments",
            json=body,
            headers={"Idempotency-Key": f"outage-{number}"},
        )
        assert made.status_code == 201, made.text
    with board.runtime.work(system_actor()) as work:
        make_checkpoint(work, KEYS)


def count_rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0  # noqa: S608 - our own tables
            for name in metadata.tables
        }


def test_a_backup_verifies_in_a_new_cluster(
    fresh_addresses: Addresses, killable_server: EmbeddedServer, tmp_path: Path
) -> None:
    with open_board(fresh_addresses) as board:
        make_history(board)
        written = count_rows(board.owner)
    dump = str(tmp_path / "adminboard.dump")
    source = psycopg_conninfo(fresh_addresses.owner_url)
    extensions = ["--extension=pg_trgm", "--extension=btree_gist"]
    run_program(tmp_path, "pg_dump", "--format=custom", *extensions, f"--file={dump}", f"--dbname={source}")

    killable_server.create_database(RESTORED)
    owner_url = killable_server.owner_url(RESTORED)
    target = psycopg_conninfo(owner_url)
    run_program(tmp_path, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    prepare_schema(owner_url, APP_ROLE)

    with opened_database(killable_server.app_url(RESTORED)) as restored:
        assert count_rows(restored) == written
        assert written["credit_transactions"] == 20
        with restored.reading() as session:
            verification = verify_chain(session, KEYS)
            assert (verification.intact, verification.checkpoints) == (True, 1)
            assert verification.entries == written["board.audit_entries"]
            assert verify_ledger(session) == []
        with pytest.raises(ProgrammingError, match="permission denied"), restored.writing() as session:
            session.execute(text("DELETE FROM board.audit_entries"))
    killable_server.drop_database(RESTORED)

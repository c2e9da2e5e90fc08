"""`deploy/postgresql/roles.sql` on a real server, run by psql as an administrator would."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import LargeBinary, make_url

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.account import choose_account
from adminboard.db.embedded.binaries import find_binaries
from adminboard.db.grants import READER_PRIVILEGES, READER_ROLE
from adminboard.db.prepare import prepare_schema
from adminboard.db.urls import psycopg_conninfo
from adminboard.models import metadata
from tests.db.place import find_folder

SCRIPT = Path(__file__).resolve().parent.parent.parent / "deploy" / "postgresql" / "roles.sql"
PASSWORDS = {"OWNER_PASSWORD": "the-owner's", "BOARD_PASSWORD": "the-board's"}
READER = {"READER_PASSWORD": "the-reader's"}


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server nobody else uses: the script makes roles, which all its databases share."""
    with EmbeddedServer.start(find_folder() / tmp_path_factory.mktemp("roles").name) as server:
        yield server


def run_script(server: EmbeddedServer, **environment: str) -> subprocess.CompletedProcess[str]:
    psql = find_binaries(choose_account(SCRIPT)).program("psql")
    address = psycopg_conninfo(server.superuser_url())
    command = [psql, "--no-psqlrc", "--quiet", "--file", str(SCRIPT), address]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def address_of(server: EmbeddedServer, role: str, password: str) -> str:
    url = make_url(server.superuser_url("adminboard")).set(username=role, password=password)
    return url.render_as_string(hide_password=False)


def test_a_board_can_be_set_up_with_what_it_makes_and_running_it_again_is_fine(
    empty_server: EmbeddedServer,
) -> None:
    for _ in range(2):
        done = run_script(empty_server, **PASSWORDS)
        assert (done.returncode, done.stderr) == (0, "")
        owner = address_of(empty_server, "adminboard_owner", PASSWORDS["OWNER_PASSWORD"])
        prepare_schema(owner, "adminboard")

    board = address_of(empty_server, "adminboard", PASSWORDS["BOARD_PASSWORD"])
    with psycopg.connect(psycopg_conninfo(board)) as connection:
        assert connection.execute("SELECT count(*) FROM public.users").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine ()")


def connect_reader(server: EmbeddedServer) -> psycopg.Connection[tuple[object, ...]]:
    """As the role for reports, after the script was run with a password for it, and the migration."""
    assert run_script(server, **PASSWORDS, **READER).returncode == 0
    prepare_schema(address_of(server, "adminboard_owner", PASSWORDS["OWNER_PASSWORD"]), "adminboard")
    address = address_of(server, READER_ROLE, READER["READER_PASSWORD"])
    return psycopg.connect(psycopg_conninfo(address), autocommit=True)


def test_the_role_for_reports_reads_what_it_is_given_and_no_column_more(
    empty_server: EmbeddedServer,
) -> None:
    readable = (
        "SELECT table_schema, table_name, column_name FROM information_schema.columns "
        "WHERE table_schema IN ('public', 'board') AND has_column_privilege(quote_ident(table_schema) || '.' "
        "|| quote_ident(table_name), column_name, 'SELECT')"
    )
    with connect_reader(empty_server) as connection:
        columns = {tuple(row) for row in connection.execute(readable)}
        assert connection.execute("SELECT count(*) FROM board.admins").fetchone() == (0,)
        for table in ("sessions", "recovery_codes", "idempotency_keys"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier("board", table)))
    assert {(schema, table) for schema, table, _ in columns} == {
        (schema, table) for schema, tables in READER_PRIVILEGES.items() for table in tables
    }
    secrets = {
        (table.schema or "public", table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) or "password_hash" in column.name
    }
    open_to_all = {"audit_entries", "audit_checkpoints", "approvals"}
    assert {secret for secret in secrets & columns if secret[1] not in open_to_all} == set()
    assert ("board", "admins", "password_hash") in secrets


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE public.users SET full_name = 'x'",
        "DELETE FROM public.call_logs",
        "INSERT INTO board.notes DEFAULT VALUES",
        "TRUNCATE public.appointments",
        "CREATE TABLE public.mine ()",
        "SELECT * FROM board.admins FOR UPDATE",
        "SELECT password_hash FROM board.admins",
    ],
)
def test_the_role_for_reports_changes_nothing_even_where_it_may_begin_to_write(
    empty_server: EmbeddedServer, statement: str
) -> None:
    with connect_reader(empty_server) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


def test_it_sets_passwords_anew(empty_server: EmbeddedServer) -> None:
    assert run_script(empty_server, **PASSWORDS).returncode == 0
    assert run_script(empty_server, **PASSWORDS | {"BOARD_PASSWORD": "another"}).returncode == 0

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(psycopg_conninfo(address_of(empty_server, "adminboard", "the-board's")))
    psycopg.connect(psycopg_conninfo(address_of(empty_server, "adminboard", "another"))).close()


@pytest.mark.parametrize("missing", PASSWORDS)
def test_without_a_password_nothing_is_made_and_it_says_why(
    empty_server: EmbeddedServer, missing: str
) -> None:
    done = run_script(empty_server, **PASSWORDS | {missing: ""})

    assert done.returncode != 0
    assert "Set OWNER_PASSWORD and BOARD_PASSWORD" in done.stderr

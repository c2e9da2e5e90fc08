"""`deploy/postgresql/roles.sql` on a real server, run by psql as an administrator would."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.account import choose_account
from adminboard.db.embedded.binaries import find_binaries
from adminboard.db.prepare import prepare_schema
from adminboard.db.urls import psycopg_conninfo
from tests.db.place import find_folder

SCRIPT = Path(__file__).resolve().parent.parent.parent / "deploy" / "postgresql" / "roles.sql"
PASSWORDS = {"OWNER_PASSWORD": "the-owner's", "BOARD_PASSWORD": "the-board's"}


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

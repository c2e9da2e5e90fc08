"""The first start, what it makes, and where."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.engine import make_url

from adminboard.db.embedded import APP_ROLE, OWNER_ROLE, EmbeddedServer
from adminboard.db.embedded.errors import (
    DataDirectoryOfAnotherVersion,
    DataDirectoryUnusable,
    PasswordsLost,
    ServerDidNotStart,
)
from adminboard.db.urls import psycopg_conninfo
from tests.db.embedded.neighbours import Neighbour, folder_of, ordinary_account


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(psycopg_conninfo(url), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def modes(folder: Path) -> dict[Path, int]:
    return {path: stat.S_IMODE(path.stat().st_mode) for path in folder.parents}


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


@pytest.fixture
def board(killable_server: EmbeddedServer) -> Iterator[str]:
    """The name of an empty database of the owner."""
    killable_server.ensure_running()
    name = f"copy_{os.getpid()}_empty"
    killable_server.create_database(name)
    yield name
    killable_server.drop_database(name)


def test_each_role_may_do_what_it_is_for(killable_server: EmbeddedServer, board: str) -> None:
    server = killable_server
    roles = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname LIKE 'adminboard%' ORDER BY 1"
    assert run(server.superuser_url(), roles) == [(APP_ROLE, False), (OWNER_ROLE, False)]
    for extension in ("pg_trgm", "btree_gin", "citext", "unaccent"):
        run(server.owner_url(board), f"CREATE EXTENSION {extension}")
    run(server.owner_url(board), "CREATE SCHEMA board")
    with pytest.raises(InsufficientPrivilege):
        run(server.app_url(board), "CREATE TABLE public.mine (id int)")
    with pytest.raises(InsufficientPrivilege):
        run(server.app_url(board), f"SET ROLE {OWNER_ROLE}")


def test_text_and_time_are_the_same_on_every_machine(killable_server: EmbeddedServer, board: str) -> None:
    url = killable_server.superuser_url(board)
    settings = "current_setting('server_encoding'), current_setting('timezone'), current_setting('jit')"
    assert run(url, f"SELECT {settings}") == [("UTF8", "UTC", "off")]
    assert run(url, "SELECT lower('ÄÖÅ'), 'Z' < 'a'") == [("äöå", True)]


def test_statistics_of_statements_are_kept_in_every_database(
    killable_server: EmbeddedServer, board: str
) -> None:
    url = killable_server.superuser_url(board)
    assert run(url, "SELECT count(*) > 0 FROM pg_stat_statements") == [(True,)]


def test_databases_are_copied_and_dropped(killable_server: EmbeddedServer, board: str) -> None:
    copied = f"{board}_too"
    run(killable_server.owner_url(board), "CREATE TABLE kept AS SELECT 1 AS number")
    killable_server.create_database(copied, template=board)
    assert run(killable_server.owner_url(copied), "SELECT number FROM kept") == [(1,)]
    with psycopg.connect(psycopg_conninfo(killable_server.app_url(copied))):
        killable_server.drop_database(copied)
    killable_server.drop_database(copied)
    assert not killable_server.has_database(copied)


def test_no_other_user_gets_in_without_a_password(killable_server: EmbeddedServer, board: str) -> None:
    address = psycopg_conninfo(killable_server.superuser_url(board))
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(address, password="")


def test_no_other_user_can_read_what_it_keeps(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        sockets = Path(str(make_url(server.app_url("postgres")).query["host"]))
        for private in (sockets, server.directories.cluster, data_dir):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.directories.passwords.stat().st_mode) == 0o600


def test_it_works_below_a_folder_that_only_we_may_enter_and_opens_it_to_nobody(closed_folder: Path) -> None:
    data_dir = closed_folder / "data"
    before = modes(data_dir)
    with EmbeddedServer.start(data_dir) as server:
        assert run(server.app_url("postgres"), "SELECT 1") == [(1,)]
        assert modes(data_dir) == before
        home = server.directories.home
    with EmbeddedServer.start(data_dir) as again:
        assert again.directories.home == home


def test_it_works_where_the_path_is_too_long_for_a_socket(open_folder: Path) -> None:
    data_dir = open_folder / ("a-folder-with-a-long-name-" * 5) / "data"
    for _ in range(2):
        with EmbeddedServer.start(data_dir) as server:
            assert run(server.app_url("postgres"), "SELECT 1") == [(1,)]
            sockets = Path(str(make_url(server.app_url("postgres")).query["host"]))
        assert not sockets.exists()


def test_it_works_as_an_ordinary_user() -> None:
    account = ordinary_account()
    with folder_of(account) as folder, Neighbour(folder / "data", account) as neighbour:
        answer = neighbour.wait_for_start()
        assert run(answer["url"], "SELECT current_user::text") == [(APP_ROLE,)]
        assert (folder / "data" / "cluster").stat().st_uid == account.uid
        neighbour.leave()
        assert not (folder / "data" / "cluster" / "postmaster.pid").exists()


def test_a_folder_we_may_not_write_to_is_named() -> None:
    account = ordinary_account()
    with folder_of(account) as folder, Neighbour(folder / "data", account) as neighbour:
        folder.chmod(0o500)
        refusal = neighbour.wait_for_start()["refusal"]
        assert str(folder / "data") in refusal
        assert "Permission denied" in refusal
        assert "DATA_DIR" in refusal


def test_a_data_directory_that_is_a_file_is_named(open_folder: Path) -> None:
    (open_folder / "data").write_text("not a folder")
    with pytest.raises(DataDirectoryUnusable, match="set DATA_DIR to another folder"):
        EmbeddedServer.start(open_folder / "data")


def test_data_of_another_major_version_is_refused_and_not_touched(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        cluster = server.directories.cluster
    (cluster / "PG_VERSION").write_text("14\n")
    before = contents(cluster)
    with pytest.raises(DataDirectoryOfAnotherVersion) as refused:
        EmbeddedServer.start(data_dir)
    assert "was made by PostgreSQL 14" in str(refused.value)
    assert "pg_dump" in str(refused.value)
    assert contents(cluster) == before


def test_after_data_of_another_version_was_moved_away_an_empty_database_is_made(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        cluster = server.directories.cluster
    cluster.rename(cluster.with_name("cluster-14"))
    with EmbeddedServer.start(data_dir) as server:
        assert run(server.app_url("postgres"), "SELECT 1") == [(1,)]


def test_lost_passwords_are_said(data_dir: Path) -> None:
    with EmbeddedServer.start(data_dir) as server:
        passwords = server.directories.passwords
    passwords.unlink()
    with pytest.raises(PasswordsLost, match="Put it back from a copy"):
        EmbeddedServer.start(data_dir)


def test_a_server_that_refuses_its_settings_says_why(data_dir: Path) -> None:
    with pytest.raises(ServerDidNotStart, match=r"invalid value for parameter.*Its log is"):
        EmbeddedServer.start(data_dir, settings={"work_mem": "much"})


def test_our_own_environment_does_not_mislead_it(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "PGUSER": "x", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setitem(os.environ, name, value)
    with EmbeddedServer.start(data_dir) as server:
        assert run(server.app_url("postgres"), "SELECT 1") == [(1,)]

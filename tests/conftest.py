"""Fixtures of all tests. The databases are real: one server for all, a migrated database for each worker."""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from adminboard.core.listings import matching
from adminboard.db.embedded import OWNER_ROLE, EmbeddedServer
from adminboard.db.engine import Database, create_engine_for
from tests.db.place import close_folder, find_folder, open_folder
from tests.db.pooled import close_poolers, prepare_threshold, through_pooler
from tests.db.rolled_back import RolledBackDatabase
from tests.db.templates import Addresses, claimed_folder, copied_database, make_template, opened_database

pytest_plugins = ("tests.stand_in",)

# How long an example takes depends on what else the machine does.
settings.register_profile("board", deadline=None)
settings.load_profile("board")

LONGEST_FIRST = ("tests/e2e/", "tests/guarantees/", "tests/db/", "tests/demo/")
"""What takes longest comes first, so that no worker waits for another at the end."""

FAST_AND_CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "512MB",
}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        assert config.cache is not None
        open_folder(otherwise=config.cache.mkdir(f"postgres-{os.geteuid()}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    close_poolers()
    if not hasattr(config, "workerinput"):
        close_folder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST_FIRST))


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """The server that all workers share. It would lose data in a power cut; see `killable_server`."""
    with EmbeddedServer.start(find_folder() / "shared", settings=FAST_AND_CARELESS) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(server: EmbeddedServer) -> str:
    """The name of the migrated database that others are copied from."""
    return make_template(server)


@pytest.fixture(scope="session")
def addresses(server: EmbeddedServer, template_database: str) -> Iterator[Addresses]:
    """This worker's database. Leave nothing in it: work through `database`, `session` or `connection`."""
    with copied_database(server, template_database) as copied:
        yield copied


@pytest.fixture(scope="session")
def worker_engine(server: EmbeddedServer, addresses: Addresses) -> Iterator[Engine]:
    """As the superuser, who can take every role in turn."""
    engine = create_engine_for(
        through_pooler(server, addresses.superuser_url),
        application_name="tests",
        prepare_threshold=prepare_threshold(),
    )
    yield engine
    engine.dispose()


@pytest.fixture
def connection(worker_engine: Engine) -> Iterator[Connection]:
    """A connection as the owner of the tables, in a transaction that is rolled back after the test."""
    with worker_engine.connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
        yield connection


@pytest.fixture
def database(connection: Connection) -> Database:
    """What Runtime works on: as the app's role, committing into savepoints of `connection`."""
    return RolledBackDatabase(connection)


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """For putting rows there, as the owner, and seeing what `database` committed. Flush before it looks."""
    with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as session:
        yield session


@pytest.fixture
def fresh_addresses(server: EmbeddedServer, template_database: str) -> Iterator[Addresses]:
    """A database of this test's own, for real commits and concurrency."""
    with copied_database(server, template_database) as copied:
        yield copied


@pytest.fixture
def fresh_database(fresh_addresses: Addresses) -> Iterator[Database]:
    """It as the board reaches it: pooled, as the app's role, with connections enough for concurrency."""
    with opened_database(fresh_addresses.app_url) as database:
        yield database


@pytest.fixture
def fresh_owner_database(fresh_addresses: Addresses) -> Iterator[Database]:
    """It as the owner of its tables reaches it, who may put any row there."""
    with opened_database(fresh_addresses.owner_url) as database:
        yield database


@pytest.fixture(scope="session")
def killable_server() -> Iterator[EmbeddedServer]:
    """A server of this worker's own, with the settings of production, to be killed and brought back."""
    base = find_folder() / "killable"
    base.mkdir(exist_ok=True)
    with claimed_folder(base) as folder, EmbeddedServer.start(folder) as server:
        yield server


@pytest.fixture
def killable_addresses(killable_server: EmbeddedServer) -> Iterator[Addresses]:
    """A migrated database on a server that runs at the start, and may be killed.

    It is reached straight in every run: a pooler remembers for a second that the server was away. What the
    board makes of that is shown by the load tests of a real one (guarantees 23 and 28).
    """
    killable_server.ensure_running()
    with copied_database(killable_server, make_template(killable_server)) as copied:
        yield replace(copied, app_url=copied.straight_app_url)
        killable_server.ensure_running()


@pytest.fixture(params=["few", "some", "many"])
def probing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a filter's probe find few keys, more than are named, and more than are gathered: whatever it
    finds, the list shows the same."""
    if request.param != "few":
        monkeypatch.setattr(matching, "PROBE_LIMIT", -1)
    if request.param == "many":
        monkeypatch.setattr(matching, "MOST_GATHERED", -1)

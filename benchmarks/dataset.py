"""The data sets, made once by the seed and kept between runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy.orm import Session

from adminboard.core.actor import command_line_actor
from adminboard.core.work import moment
from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.prepare import prepare_schema
from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.plan import SeedPlan, Size, plan_counts
from adminboard.demo.seed.progress import SeedProgress
from adminboard.runtime import open_runtime
from adminboard.settings import Environment, load_settings

FOLDER = Path(".data") / "benchmarks"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A database that is filled and running. ``app_url`` is the board's role's, ``owner_url`` the owner's."""

    name: str
    app_url: str
    owner_url: str

    def connect(self) -> psycopg.Connection:
        """A connection of the board's role, for finding places to measure at."""
        return psycopg.connect(psycopg_conninfo(self.app_url), autocommit=True)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the board's role without a time limit, for finding places."""
        with self.exporting() as (session, _):
            yield session

    @contextmanager
    def exporting(self) -> Iterator[tuple[Session, datetime]]:
        """A session as exports have it, and its moment."""
        settings = load_settings(app_env=Environment.DEVELOPMENT, database_url=SecretStr(self.app_url))
        runtime = open_runtime(settings)
        try:
            with runtime.exporting(command_line_actor("benchmark")) as session:
                yield session, moment(session)
        finally:
            runtime.dispose()


@contextmanager
def opened_own_data_set(name: str) -> Iterator[DataSet]:
    """A new one of the demonstration's size for measurements that change much; gone afterwards."""
    database = f"bench_{name}"
    with EmbeddedServer.start(FOLDER) as server:
        if server.has_database(database):
            server.drop_database(database)
        server.create_database(database)
        try:
            prepare_schema(server.owner_url(database), APP_ROLE)
            _seed(server.owner_url(database), Size.DEMO)
            yield DataSet(name, server.app_url(database), server.owner_url(database))
        finally:
            server.drop_database(database)


@contextmanager
def opened_data_set(size: Size) -> Iterator[DataSet]:
    """The data set of this size; the first time it is made, which takes from a minute to half an hour."""
    database = f"bench_{size.value}"
    with EmbeddedServer.start(FOLDER) as server:
        if not server.has_database(database):
            server.create_database(database)
        owner_url = server.owner_url(database)
        prepare_schema(owner_url, APP_ROLE)
        if _is_empty(server.app_url(database)):
            _seed(owner_url, size)
        yield DataSet(size.value, server.app_url(database), owner_url)


def _seed(owner_url: str, size: Size) -> None:
    plan = SeedPlan(1, datetime.now(UTC), "America/Los_Angeles", plan_counts(size, None, None))
    seed_database(owner_url, plan, SeedProgress(Console()))


def _is_empty(url: str) -> bool:
    with psycopg.connect(psycopg_conninfo(url)) as connection:
        return connection.execute("SELECT FROM users LIMIT 1").fetchone() is None

"""Databases for tests: a template, made once for each set of migrations, and copies of it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
import psycopg
from sqlalchemy import NullPool, create_engine

import adminboard
from adminboard.db import grants, migrate
from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.embedded.leases import try_lock
from adminboard.db.engine import Database, create_engine_for
from adminboard.db.urls import psycopg_conninfo
from tests.db.pooled import prepare_threshold, through_pooler

TEMPLATE_LOCK = 7_040_001
KEPT_TEMPLATES = 3
copy_numbers = count(1)


@dataclass(frozen=True)
class Addresses:
    """One database as each role reaches it."""

    name: str
    app_url: str
    """As the board does: through a pooler, where the tests run so."""
    owner_url: str
    superuser_url: str
    straight_app_url: str
    """Past the pooler, for tests of what there is only without one; each says why."""


def addresses_of(server: EmbeddedServer, name: str) -> Addresses:
    straight = server.app_url(name)
    return Addresses(
        name,
        through_pooler(server, straight),
        server.owner_url(name),
        server.superuser_url(name),
        straight,
    )


def migrations_digest() -> str:
    """Changes with anything that decides what a migrated database looks like."""
    folder = Path(adminboard.__file__).parent
    sources = [
        folder / "db" / "migrate.py",
        folder / "db" / "grants.py",
        *sorted((folder / "migrations").rglob("*.py")),
    ]
    sources += sorted((folder / "migrations").rglob("*.sql"))
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def claimed_folder(base: Path) -> Iterator[Path]:
    """A folder that no other worker or run of the tests uses meanwhile. The next finds it as it is left."""
    for number in count():
        with (base / f"{number}.lock").open("w") as lock:
            if try_lock(lock.fileno()):
                yield base / str(number)
                return


def make_template(server: EmbeddedServer) -> str:
    """The name of the migrated template, made by whichever process comes first."""
    name = f"template_{migrations_digest()}"
    with psycopg.connect(psycopg_conninfo(server.superuser_url()), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        drop_leftovers(server, connection)
        if not server.has_database(name):
            unfinished = f"unfinished_{name}"
            server.drop_database(unfinished)
            server.create_database(unfinished)
            migrate_database(server.owner_url(unfinished))
            server.rename_database(unfinished, name)
    return name


def migrate_database(owner_url: str) -> None:
    migrate.upgrade(owner_url)
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        grants.apply(connection, APP_ROLE)


def drop_leftovers(server: EmbeddedServer, connection: psycopg.Connection) -> None:
    """Copies that a killed run left, and all templates but the newest."""
    names = [row[0] for row in connection.execute("SELECT datname FROM pg_database ORDER BY oid DESC")]
    templates = [name for name in names if name.startswith("template_")]
    copies = [name for name in names if name.startswith("copy_")]
    for name in [name for name in copies if not psutil.pid_exists(int(name.split("_")[1]))]:
        server.drop_database(name)
    for name in templates[KEPT_TEMPLATES:]:
        server.drop_database(name)


@contextmanager
def copied_database(server: EmbeddedServer, template: str) -> Iterator[Addresses]:
    """A copy of the template for the length of the block. Its name says which process made it."""
    name = f"copy_{os.getpid()}_{next(copy_numbers)}"
    server.create_database(name, template)
    try:
        yield addresses_of(server, name)
    finally:
        server.drop_database(name)


@contextmanager
def opened_database(url: str, connections: int = 80) -> Iterator[Database]:
    """A database with a pool of at most so many connections, closed at the end of the block."""
    engine = create_engine_for(
        url,
        pool_size=min(connections, 16),
        max_overflow=max(connections - 16, 0),
        application_name="tests",
        prepare_threshold=prepare_threshold(),
    )
    database = Database(engine)
    try:
        yield database
    finally:
        database.dispose()

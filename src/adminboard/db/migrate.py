"""Brings the schema to a version and back: the product's tables and the board's are two chains of revisions.

Where the product's backend keeps `public` itself, only the chain `board` is run (`board_only`), and the
database remembers which chains it has, in `board.alembic_version`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from adminboard.db.base import BOARD
from adminboard.db.engine import create_engine_for
from adminboard.db.product_tables import require_product_tables

MIGRATIONS = Path(__file__).parent.parent / "migrations"
LOCK_KEY = 7_203_411
"""An arbitrary number that means "the board migrates" among the database's advisory locks."""
LOOK_AGAIN_SECONDS = 0.2
LOCK_TIMEOUT = "2s"
"""No migration waits longer for a table, because everything else would wait behind it (guarantee 29)."""


def upgrade(owner_url: str, *, board_only: bool = False, revision: str = "head") -> None:
    """Runs what is missing, as the owner of the tables. Running it again does nothing.

    Each revision commits by itself. Several processes may call this at once; one migrates, the others wait.
    `revision` is "head" or the name of one revision.
    """
    with _migrating(owner_url) as (config, connection):
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {BOARD}"))
        connection.commit()
        for target in _targets(revision, board_only):
            alembic.command.upgrade(config, target)
            _end_reading(connection)


def downgrade(owner_url: str, *, board_only: bool = False, revision: str = "base") -> None:
    """Takes revisions back, and the data of their tables with them. `board_only` leaves `public` alone.

    The product's tables are dropped only where the board's migrations made them.
    """
    with _migrating(owner_url) as (config, connection):
        applied = current_revision(connection)
        connection.rollback()
        for target in reversed(_targets(revision, board_only)):
            branch = target.partition("@")[0]
            if revision != "base" or any(name.startswith(f"{branch}_") for name in applied):
                alembic.command.downgrade(config, target)
                _end_reading(connection)
        if not current_revision(connection):
            connection.execute(text(f"DROP TABLE IF EXISTS {BOARD}.alembic_version"))
            connection.execute(text(f"DROP SCHEMA IF EXISTS {BOARD}"))
            connection.commit()


def current_revision(connection: Connection) -> tuple[str, ...]:
    """The newest applied revision of each chain, sorted; empty for a database that was never migrated."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": BOARD})
    return tuple(sorted(context.get_current_heads()))


def newest_revision(*, board_only: bool = False) -> tuple[str, ...]:
    """What `current_revision` gives once everything has been run."""
    heads = ScriptDirectory(str(MIGRATIONS)).get_heads()
    return tuple(sorted(head for head in heads if head.startswith("board_") or not board_only))


def is_up_to_date(connection: Connection) -> bool:
    """Whether nothing is missing, for an installation with the product's tables or without."""
    return current_revision(connection) in {newest_revision(), newest_revision(board_only=True)}


def can_serve(connection: Connection) -> bool:
    """Whether this version can serve: nothing is missing, or a newer version has migrated since, which leaves
    the one before it what it needs (guarantee 29). So an old process may be started again while both run.

    Raises `ProductIsBehind` where the product keeps its own tables and they lack what this version needs.
    """
    current, newest = current_revision(connection), newest_revision()
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    is_migrated = any(revision.startswith("board_") for revision in current)
    if not is_migrated or any(revision in known and revision not in newest for revision in current):
        return False
    if not any(revision.startswith("product_") for revision in current):
        require_product_tables(connection)
    return True


def _targets(revision: str, board_only: bool) -> list[str]:
    if revision not in {"head", "base"}:
        return [revision]
    return [f"{branch}@{revision}" for branch in ("product", "board") if branch == "board" or not board_only]


def _wait_for_turn(connection: Connection) -> None:
    """Until no other process migrates. It asks again and again instead of waiting in a statement: what builds
    an index concurrently waits for the end of every statement, so it and this one would wait for each other.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK_KEY}):
        connection.rollback()
        time.sleep(LOOK_AGAIN_SECONDS)
    connection.commit()


def _end_reading(connection: Connection) -> None:
    """Ends the transaction in which Alembic has looked which revisions there are. Were it open still, the
    next chain's revisions would become a part of it instead of committing by themselves.
    """
    connection.rollback()


@contextmanager
def _migrating(owner_url: str) -> Iterator[tuple[Config, Connection]]:
    engine = create_engine_for(
        owner_url,
        application_name="adminboard migrate",
        statement_timeout_ms=0,
        lock_timeout_ms=0,
        idle_in_transaction_timeout_ms=0,
    )
    try:
        with engine.connect() as connection:
            _wait_for_turn(connection)
            connection.execute(
                text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": LOCK_TIMEOUT}
            )
            connection.commit()
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            yield config, connection
    finally:
        engine.dispose()

"""SQL files beside a revision: the tables as the database gets them, to be read without running anything."""

from pathlib import Path

from alembic import op

from adminboard.db.base import BOARD
from adminboard.db.migrate import LOCK_TIMEOUT

VERSIONS = Path(__file__).parent / "versions"


def run_sql(sql: str) -> None:
    """Runs one or more statements exactly as they stand: neither ``%`` nor ``:name`` means anything."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def run_script(revision: str, name: str) -> None:
    """Runs `versions/<revision>/<name>.sql`."""
    run_sql((VERSIONS / revision / f"{name}.sql").read_text(encoding="utf-8"))


def build_concurrently(index: str, rest: str) -> None:
    """Builds an index of the board's on a table that is large already, while others write to it: outside of
    any transaction, so in a revision of its own. ``rest`` follows ``CREATE INDEX … ON``.

    It may wait for those who work since before it began, however long: nobody waits behind it. What a build
    that was broken off has left goes first.
    """
    with op.get_context().autocommit_block():
        run_sql("SET lock_timeout = 0")
        run_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {BOARD}.{index}")
        run_sql(f"CREATE INDEX CONCURRENTLY {index} ON {rest}")
        run_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def drop_concurrently(index: str) -> None:
    """Drops it likewise."""
    with op.get_context().autocommit_block():
        run_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {BOARD}.{index}")


def drop_tables(names: list[str]) -> None:
    """Drops tables with all that belongs to them. Fails when anything else refers to one."""
    run_sql(f"DROP TABLE {', '.join(names)}")

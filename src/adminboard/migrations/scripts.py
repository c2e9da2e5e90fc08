"""SQL files beside a revision: the tables as the database gets them, to be read without running anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from alembic import op

from adminboard.db.base import BOARD
from adminboard.db.migrate import LOCK_TIMEOUT

VERSIONS = Path(__file__).parent / "versions"
logger = structlog.get_logger(__name__)


def run_sql(sql: str) -> None:
    """Runs one or more statements exactly as they stand: neither ``%`` nor ``:name`` means anything."""
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(sql)


def run_script(revision: str, name: str) -> None:
    """Runs `versions/<revision>/<name>.sql`."""
    run_sql((VERSIONS / revision / f"{name}.sql").read_text(encoding="utf-8"))


def build_concurrently(index: str, rest: str, *, schema: str = BOARD) -> None:
    """Builds an index on a table of ``schema`` that is large already, while others write to it: outside of
    any transaction, so in a revision of its own. ``rest`` follows ``CREATE INDEX … ON``.

    It may wait for those who work since before it began, however long: nobody waits behind it. What a build
    that was broken off has left goes first.
    """
    with _waiting_for_transactions("building_index", index):
        run_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{index}")
        run_sql(f"CREATE INDEX CONCURRENTLY {index} ON {rest}")


def drop_concurrently(index: str, *, schema: str = BOARD) -> None:
    """Drops it likewise: were it not to wait, it would leave the index there, and invalid."""
    with _waiting_for_transactions("dropping_index", index):
        run_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {schema}.{index}")


@contextmanager
def _waiting_for_transactions(event: str, index: str) -> Iterator[None]:
    """Statements that wait as long as it takes, each committed by itself; it is said beforehand for what."""
    logger.info(event, index=index, waits_for="older transactions, like dumps and exports: pg_stat_activity")
    with op.get_context().autocommit_block():
        run_sql("SET lock_timeout = 0")
        yield
        run_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")


def drop_tables(names: list[str]) -> None:
    """Drops tables with all that belongs to them. Fails when anything else refers to one."""
    run_sql(f"DROP TABLE {', '.join(names)}")

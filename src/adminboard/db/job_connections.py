"""The worker's own connections: straight to PostgreSQL, or through PgBouncer in transaction mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from procrastinate import PsycopgConnector
from psycopg_pool import AsyncConnectionPool
from sqlalchemy.engine import URL

from adminboard.db.urls import psycopg_conninfo

SEARCH_PATH = "board,public"
LEAST_CONNECTIONS, MOST_CONNECTIONS = 1, 4


class TransactionPool(AsyncConnectionPool[psycopg.AsyncConnection[Any]]):
    """Each block is one transaction, in which the queue's tables are found by their bare names: nothing
    outlasts it (`db.engine`)."""

    @asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the pool's
    ) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with super().connection(timeout) as connection:
            # So BEGIN says READ WRITE, whatever default the connection behind a pooler was left with.
            await connection.set_read_only(False)
            await connection.execute("SELECT set_config('search_path', %s, true)", [SEARCH_PATH])
            yield connection


def make_connector(
    url: str | URL, *, application_name: str, prepare_threshold: int | None
) -> PsycopgConnector:
    """What procrastinate reaches its queue by. `prepare_threshold=None` is for a pooler, as in `db.engine`.

    Through one nobody can LISTEN, so whoever works by it has to look for jobs by the clock.
    """
    connecting: dict[str, Any] = {
        "application_name": application_name,
        "prepare_threshold": prepare_threshold,
    }
    pool: dict[str, Any] = {"min_size": LEAST_CONNECTIONS, "max_size": MOST_CONNECTIONS}
    if prepare_threshold is None:
        pool["pool_factory"] = TransactionPool
    else:
        connecting["options"] = f"-c search_path={SEARCH_PATH}"
    return PsycopgConnector(conninfo=psycopg_conninfo(url), kwargs=connecting, **pool)

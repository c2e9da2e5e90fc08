"""Whether PostgreSQL itself answers at an address, or a pooler before it, and how that shares connections."""

from __future__ import annotations

from contextlib import ExitStack
from enum import Enum
from typing import Any

import psycopg

from adminboard.db.urls import psycopg_conninfo

CONNECT_TIMEOUT_SECONDS = 5


class Pooling(Enum):
    """Who keeps a server's process: nobody but us, we for a session, or we for one transaction."""

    NONE = "no"
    SESSION = "session"
    TRANSACTION = "transaction"


def find_pooling(url: str) -> Pooling:
    """Raises `psycopg.Error` when the address cannot be reached.

    A pooler names another process at the login than the one that carries the statements out. In transaction
    mode what we leave for a moment is given to who comes next.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_connect(url))
        serving = _serving_process(first)
        if serving == first.pgconn.backend_pid:
            return Pooling.NONE
        first.rollback()
        second = stack.enter_context(_connect(url))
        taken = _serving_process(second)
        if taken == serving or _serving_process(first) != serving:
            return Pooling.TRANSACTION
        return Pooling.SESSION


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        psycopg_conninfo(url),
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        prepare_threshold=None,
        application_name="adminboard doctor",
    )


def _serving_process(connection: psycopg.Connection[Any]) -> int:
    """The server's process that carries out this transaction, which stays open."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None
    number: int = row[0]
    return number

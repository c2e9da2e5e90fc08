"""Noticing within two seconds that the server has gone (guarantee 23), where a query would wait for ever.

A stopped server closes its connections, which shows when one is taken from the pool. A frozen one, or a
cut network, shows nothing: so a statement that waits long, and each new connection, asks first whether
anything answers.
"""

import select
import time
from typing import Any, TypeVar

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

RV = TypeVar("RV")

STATEMENT_PATIENCE_SECONDS = 0.7
ANSWER_TIMEOUT_SECONDS = 1.0


class ServerSilent(psycopg.OperationalError):
    """The server did not answer in time. Whether it still carries out what it was asked is not known."""

    def __init__(self) -> None:
        super().__init__("the database does not answer")


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that gives a statement up when the server has gone silent. Slow statements are fine."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises ServerSilent, and closes itself, when the server answers nobody."""
        return super().wait(self._watch(gen), interval=interval, timeout=timeout)

    def _watch(self, gen: PQGen[RV]) -> PQGen[RV]:
        try:
            wanted = next(gen)
            asked_at = time.monotonic()
            while True:
                ready = yield wanted
                if not ready and time.monotonic() - asked_at > STATEMENT_PATIENCE_SECONDS:
                    if not server_answers(self.info.dsn):
                        self.pgconn.finish()
                        raise ServerSilent
                    asked_at = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result


def server_answers(conninfo: str, *, timeout_seconds: float = ANSWER_TIMEOUT_SECONDS) -> bool:
    """Whether the server says anything at all, be it a refusal. It does not log in."""
    parts = conninfo_to_dict(conninfo)
    if "," in f"{parts.get('host', '')}{parts.get('hostaddr', '')}":
        return True  # Several servers to choose from: psycopg tries each with its own timeout.
    asked = pq.PGconn.connect_start(make_conninfo(conninfo, password="").encode())
    deadline = time.monotonic() + timeout_seconds
    try:
        while (status := asked.connect_poll()) not in (pq.PollingStatus.OK, pq.PollingStatus.FAILED):
            remaining_ms = (deadline - time.monotonic()) * 1000
            poll = select.poll()
            poll.register(
                asked.socket, select.POLLIN if status == pq.PollingStatus.READING else select.POLLOUT
            )
            if remaining_ms <= 0 or not poll.poll(remaining_ms):
                return False
        return True
    finally:
        asked.finish()


def watch_connections(engine: Engine) -> None:
    """Make the engine use watched connections, and never hand out one that the server has closed."""
    event.listen(engine, "do_connect", connect_to_answering_server)
    event.listen(engine, "checkout", refuse_closed_connection)


def connect_to_answering_server(
    _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
) -> WatchedConnection:
    """psycopg itself waits no less than two seconds for a connection."""
    known = {name: value for name, value in options.items() if name not in {"context", "prepare_threshold"}}
    if not server_answers(make_conninfo(*arguments, **known)):
        raise ServerSilent
    return WatchedConnection.connect(*arguments, **options)


def refuse_closed_connection(
    connection: psycopg.Connection[Any], _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
) -> None:
    """Something to read on an idle connection means that the server closed it: the pool then renews all."""
    if connection.closed or has_unread_data(connection.fileno()):
        raise InvalidatePoolError


def has_unread_data(file_number: int) -> bool:
    poll = select.poll()
    poll.register(file_number, select.POLLIN)
    return bool(poll.poll(0))

"""Noticing within two seconds that the server has gone (guarantee 23), where a query would wait for ever.

A stopped server closes its connections, which shows when one is taken from the pool. A frozen one, or a
cut network, shows nothing: so a statement that waits long, and each new connection, asks first whether
anything answers.
"""

from __future__ import annotations

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

    through_pooler = False

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises ServerSilent, and closes itself, when the server answers nobody."""
        return super().wait(self._watch(gen), interval=interval, timeout=timeout)

    def _where_connected(self) -> str:
        """The one server that it is connected to, with the password that the library leaves out."""
        return make_conninfo(self.info.dsn, password=self.info.password)

    def _watch(self, gen: PQGen[RV]) -> PQGen[RV]:
        try:
            wanted = next(gen)
            asked_at = time.monotonic()
            while True:
                ready = yield wanted
                if not ready and time.monotonic() - asked_at > STATEMENT_PATIENCE_SECONDS:
                    if not server_answers(self._where_connected(), through_pooler=self.through_pooler):
                        self.pgconn.finish()
                        raise ServerSilent
                    asked_at = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result


def server_answers(conninfo: str, *, through_pooler: bool = False) -> bool:
    """Whether the server says anything at all in time, be it a refusal. It does not log in.

    A pooler lets its clients wait for a server that is gone, so through one a query must be answered.
    """
    [question] = ask_at_once([conninfo], whether_carried_out=through_pooler)
    return question.is_carried_out if through_pooler else question.is_answered


def ask_at_once(conninfos: list[str], *, whether_carried_out: bool = False) -> list[_Question]:
    """Asks all of these servers, and waits until each has answered or the time is over."""
    questions = [_Question(conninfo, whether_carried_out) for conninfo in conninfos]
    deadline = time.monotonic() + ANSWER_TIMEOUT_SECONDS
    try:
        while waiting := [question for question in questions if not question.is_answered]:
            poll = select.poll()
            by_number = {question.socket: question for question in waiting}
            for number, question in by_number.items():
                poll.register(number, question.waits_for)
            remaining_ms = (deadline - time.monotonic()) * 1000
            ready = poll.poll(remaining_ms) if remaining_ms > 0 else []
            if not ready:
                break
            for number, _ in ready:
                by_number[number].go_on()
        return questions
    finally:
        for question in questions:
            question.close()


class _Question:
    """Asks one server whether it is there, by a login without a password; or whether what it is asked is
    carried out, by a query."""

    def __init__(self, conninfo: str, whether_carried_out: bool) -> None:
        self.conninfo = conninfo
        self._sends_query = whether_carried_out
        asked = conninfo if whether_carried_out else make_conninfo(conninfo, password="")
        self._connection = pq.PGconn.connect_start(asked.encode())
        self._is_connected = False
        self.waits_for = select.POLLOUT
        self.is_answered = False
        """It said something, be it a refusal."""
        self.is_carried_out = False
        """It did what it was asked."""
        self.go_on()

    @property
    def socket(self) -> int:
        return self._connection.socket

    def go_on(self) -> None:
        """Takes what has come, and notes what it is."""
        if self._is_connected:
            self._read_result()
            return
        status = self._connection.connect_poll()
        self.waits_for = select.POLLIN if status == pq.PollingStatus.READING else select.POLLOUT
        self.is_answered = status == pq.PollingStatus.FAILED
        if status == pq.PollingStatus.OK:
            self._begin_query()

    def close(self) -> None:
        self._connection.finish()

    def _begin_query(self) -> None:
        self._is_connected = True
        self.waits_for = select.POLLIN
        if self._sends_query:
            self._connection.send_query(b"SELECT 1")
        else:
            self.is_answered = self.is_carried_out = True

    def _read_result(self) -> None:
        try:
            self._connection.consume_input()
        except psycopg.OperationalError:
            self.is_answered = True  # The connection was closed.
            return
        if not self._connection.is_busy():
            result = self._connection.get_result()
            self.is_answered = True
            self.is_carried_out = result is not None and result.status == pq.ExecStatus.TUPLES_OK


def watch_connections(engine: Engine, *, through_pooler: bool = False) -> None:
    """Make the engine use watched connections, and never hand out one that the server has closed."""

    def connect(
        _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
    ) -> WatchedConnection:
        return connect_to_answering_server(arguments, options, through_pooler=through_pooler)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", refuse_closed_connection)


def connect_to_answering_server(
    arguments: list[Any], options: dict[str, Any], *, through_pooler: bool
) -> WatchedConnection:
    """Asks first, since psycopg itself waits for two seconds at each of the servers that are named.

    A pooler that answers may still have no server behind it: the first statement finds that out, as every
    later one does. Asking it of each new connection would cost a login and a statement more.
    """
    known = {name: value for name, value in options.items() if name not in {"context", "prepare_threshold"}}
    asked = ask_at_once(split_servers(make_conninfo(*arguments, **known)))
    answering = [question.conninfo for question in asked if question.is_answered]
    if not answering:
        raise ServerSilent
    connection = WatchedConnection.connect(*arguments, **(options | _join_servers(answering)))
    connection.through_pooler = through_pooler
    return connection


def split_servers(conninfo: str) -> list[str]:
    """One for each of the servers that it names (``host=a,b port=5432,5432``)."""
    parts = conninfo_to_dict(conninfo)
    hosts, ports = (str(parts.get(name) or "").split(",") for name in ("host", "port"))
    if len(hosts) == 1:
        return [conninfo]
    each_port = ports if len(ports) == len(hosts) else ports * len(hosts)
    return [
        make_conninfo(conninfo, host=host, port=port or None)
        for host, port in zip(hosts, each_port, strict=True)
    ]


def _join_servers(conninfos: list[str]) -> dict[str, str]:
    """Where they are, as libpq takes several at once."""
    each = [conninfo_to_dict(conninfo) for conninfo in conninfos]
    joined = {name: ",".join(str(parts.get(name) or "") for parts in each) for name in ("host", "port")}
    return {name: value for name, value in joined.items() if value.strip(",")}


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

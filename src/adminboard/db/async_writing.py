"""Writing from the event loop: one connection of its own, for what many small requests write together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy.engine import URL

from adminboard.db.engine import CONNECT_TIMEOUT_SECONDS, NETWORK_SETTINGS, session_settings
from adminboard.db.liveness import ServerSilent
from adminboard.db.reachability import is_database_gone
from adminboard.db.urls import psycopg_conninfo

PATIENCE_SECONDS = 1.8
"""Whoever waits for a statement is told within two seconds that nothing answers (guarantee 23)."""
Rows = Sequence[tuple[Any, ...]]


class AsyncWriter:
    """A connection that is made when it is first needed, and anew when the server closed it meanwhile.

    For one statement at a time, which must be one that may be carried out twice. `prepare_threshold=None` is
    for PgBouncer in transaction mode (`db.engine`).
    """

    def __init__(self, url: str | URL, *, application_name: str, prepare_threshold: int | None) -> None:
        self._settings = session_settings()
        self._through_pooler = prepare_threshold is None
        self._conninfo = psycopg_conninfo(url)
        self._options: dict[str, Any] = {
            **NETWORK_SETTINGS,
            "application_name": application_name,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "prepare_threshold": prepare_threshold,
            "autocommit": True,
        }
        if not self._through_pooler:
            settings = (f"-c {name}={value}" for name, value in self._settings.items())
            self._options["options"] = " ".join(settings)
        self._connection: psycopg.AsyncConnection | None = None
        self._ending: set[asyncio.Task[Rows]] = set()

    async def execute(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        """Carries the statement out and commits it; returns its rows.

        Raises `psycopg.Error`; `ServerSilent` when nothing answers in time: whether it is carried out is then
        not known.
        """
        was_open = self._connection is not None
        try:
            return await self._within_patience(statement, parameters)
        except psycopg.OperationalError as error:
            if not was_open or isinstance(error, ServerSilent) or not is_database_gone(error):
                raise
        return await self._within_patience(statement, parameters)

    async def aclose(self) -> None:
        for task in self._ending:
            task.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _within_patience(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        """What is given up is left to end by itself: breaking a statement off waits for the server too."""
        task = asyncio.create_task(self._execute(statement, parameters))
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if done:
            return task.result()
        self._connection = None
        self._ending.add(task)
        task.add_done_callback(self._forget)
        task.cancel()
        raise ServerSilent

    def _forget(self, task: asyncio.Task[Rows]) -> None:
        self._ending.discard(task)
        if not task.cancelled():
            task.exception()

    async def _execute(self, statement: str, parameters: Mapping[str, Any]) -> Rows:
        connection, self._connection = self._connection, None
        if connection is None:
            connection = await psycopg.AsyncConnection.connect(self._conninfo, **self._options)
            # So BEGIN says READ WRITE, whatever default the connection behind a pooler was left with.
            await connection.set_read_only(False)
        try:
            rows = await self._commit(connection, statement, parameters)
        except BaseException as error:
            if isinstance(error, psycopg.Error) and not connection.closed:
                self._connection = connection
            else:
                await connection.close()
            raise
        self._connection = connection
        return rows

    async def _commit(
        self, connection: psycopg.AsyncConnection, statement: str, parameters: Mapping[str, Any]
    ) -> Rows:
        if not self._through_pooler:
            return await (await connection.execute(statement, parameters)).fetchall()
        calls = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in self._settings.items())
        async with connection.transaction():
            await connection.execute(f"SELECT {calls}")
            return await (await connection.execute(statement, parameters)).fetchall()

"""The embedded server as the rest of the board sees it."""

import atexit
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from adminboard.db.embedded import cluster as clusters
from adminboard.db.embedded.account import choose_account
from adminboard.db.embedded.binaries import find_binaries
from adminboard.db.embedded.cluster import APP_ROLE, OWNER_ROLE, SUPERUSER, Passwords
from adminboard.db.embedded.configuration import available_memory_bytes, server_settings
from adminboard.db.embedded.directories import (
    Directories,
    prepare_directories,
    prepare_socket_directory,
    remove_socket_directory,
    write_private,
)
from adminboard.db.embedded.errors import file_errors_as_sentences
from adminboard.db.embedded.leases import Lease, is_in_use, start_stop_lock, take_lease
from adminboard.db.embedded.postmaster import launch, wait_until_ready
from adminboard.db.embedded.processes import (
    find_postmaster,
    kill_processes,
    processes_of,
    read_pid_file,
    stop_postmaster,
)
from adminboard.db.urls import psycopg_conninfo


class EmbeddedServer:
    """A running PostgreSQL that this process uses. Several processes may; the last one to leave stops it.

    Make it with `start`, end it with `release` or as a context manager. The process's end releases it too.
    """

    def __init__(self, directories: Directories, settings: Mapping[str, str]) -> None:
        self.directories = directories
        self._settings = settings
        self._process_id = os.getpid()
        self._lease: Lease | None = None
        self._passwords: Passwords | None = None
        self._sockets = Path()

    @classmethod
    def start(cls, data_dir: Path | str, *, settings: Mapping[str, str] | None = None) -> Self:
        """Use the server of `data_dir`: join it where it runs, else start it, made new where there is none.

        `settings` add to the server's own when this call starts it. Raises an EmbeddedServerError, whose
        text is a sentence for the terminal.
        """
        data = Path(data_dir).absolute()
        with file_errors_as_sentences(data):
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = data.resolve()
            with start_stop_lock(data):
                server = cls(prepare_directories(data, choose_account(data)), settings or {})
                server._ensure_running()
                server._lease = take_lease(server.directories.leases)
        atexit.register(server.release)
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def ensure_running(self) -> None:
        """Start the server again if it was killed. The addresses stay the same."""
        with file_errors_as_sentences(self.directories.data), start_stop_lock(self.directories.data):
            self._ensure_running()

    def _ensure_running(self) -> None:
        directories = self.directories
        running = find_postmaster(directories.cluster)
        if running is None or not wait_until_ready(directories.cluster, running):
            self._start_server()
        pid_file = read_pid_file(directories.cluster)
        assert pid_file is not None, "a server that runs has its pid file"
        self._sockets = Path(pid_file.socket_directory)
        self._passwords = clusters.read_passwords(directories)
        if not directories.prepared.exists():
            clusters.prepare_roles(psycopg_conninfo(self.superuser_url()), self._passwords)
            write_private(directories.prepared, "", choose_account(directories.data))

    def _start_server(self) -> None:
        directories = self.directories
        account = choose_account(directories.data)
        binaries = find_binaries(account)
        if directories.cluster.exists():
            clusters.require_version(directories.cluster, binaries)
        else:
            clusters.make_cluster(directories, account, binaries)
        sockets = prepare_socket_directory(directories, account)
        settings = server_settings(
            available_memory_bytes(), with_statistics=binaries.has_library("pg_stat_statements")
        )
        launch(binaries, account, directories, sockets, settings | dict(self._settings))

    def release(self) -> None:
        """Use the server no longer. The last process to do so stops it. Twice is once."""
        if self._lease is None or os.getpid() != self._process_id:
            return
        atexit.unregister(self.release)
        lease, self._lease = self._lease, None
        with start_stop_lock(self.directories.data):
            lease.give_back()
            if not is_in_use(self.directories.leases):
                self._stop_server()

    def stop(self) -> None:
        """Stop the server now, whoever else uses it, and release it."""
        with start_stop_lock(self.directories.data):
            self._stop_server()
        self.release()

    def _stop_server(self) -> None:
        running = find_postmaster(self.directories.cluster)
        if running is not None:
            stop_postmaster(running)
        remove_socket_directory(self.directories)

    def kill(self) -> None:
        """End every process of the server as a power cut would. `ensure_running` brings it back."""
        kill_processes(list(processes_of(self.directories.cluster)))

    @property
    def postmaster_pid(self) -> int | None:
        running = find_postmaster(self.directories.cluster)
        return None if running is None else running.pid

    def superuser_url(self, database: str = "postgres") -> str:
        """The address, with its password, for SQLAlchemy; `urls.psycopg_conninfo` turns it into libpq's."""
        return self._url(SUPERUSER, self._known_passwords().superuser, database)

    def owner_url(self, database: str) -> str:
        """The address for migrations: this role owns the databases, and is no superuser."""
        return self._url(OWNER_ROLE, self._known_passwords().owner, database)

    def app_url(self, database: str) -> str:
        """The address for the board: this role owns nothing."""
        return self._url(APP_ROLE, self._known_passwords().app, database)

    def _known_passwords(self) -> Passwords:
        assert self._passwords is not None, "the server was not started"
        return self._passwords

    def _url(self, role: str, password: str, database: str) -> str:
        query = {"host": str(self._sockets), "port": "5432"}
        url = URL.create("postgresql+psycopg", role, password, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def has_database(self, name: str) -> bool:
        with self._connect_as_superuser() as connection:
            return (
                connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
                is not None
            )

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database of the owner role, empty or a copy of `template`, which nobody may be connected to then.

        Raises psycopg.errors.DuplicateDatabase.
        """
        statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), sql.Identifier(template or "template1")
        )
        with self._connect_as_superuser() as connection:
            connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Remove a database and cut those who use it. One that is not there is fine."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._connect_as_superuser() as connection:
            connection.execute(statement)

    def rename_database(self, name: str, new_name: str) -> None:
        statement = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(name), sql.Identifier(new_name)
        )
        with self._connect_as_superuser() as connection:
            connection.execute(statement)

    def _connect_as_superuser(self) -> psycopg.Connection:
        return psycopg.connect(psycopg_conninfo(self.superuser_url()), autocommit=True, connect_timeout=10)

"""A pooler like PgBouncer, as small as can be: it speaks for PostgreSQL and shares its processes.

Each client logs in at the server through a connection of its own, and is told of another process than it got.
Where the pooler ``shares``, as in transaction mode, whichever process was given back last carries the next
transaction out.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from adminboard.db.urls import psycopg_conninfo

READY, PROCESS = b"Z", b"K"
IDLE = b"I"
STARTUP_REFUSED = b"N"
SSL_REQUESTS = (80877103, 80877104)
TERMINATE = b"X"
SYNC, QUERY = b"S", b"Q"


class Pooler:
    """Entering it gives the address at which it stands for the server at ``url``."""

    def __init__(self, url: str, *, shares: bool) -> None:
        self._url, self._shares = url, shares
        parts = conninfo_to_dict(psycopg_conninfo(url))
        self._host, self._port = str(parts["host"]), int(str(parts.get("port") or 5432))
        self._free: list[socket.socket] = []
        self._opened: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._accept, daemon=True).start()
        address = make_url(self._url).set(host="127.0.0.1", port=self._listener.getsockname()[1])
        bare = address.difference_update_query(["host", "port"])
        return bare.render_as_string(hide_password=False)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        for connection in self._opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError, struct.error), client:
            own = self._connect()
            self._log_in(client, own)
            # Last of the free ones. There is always one: no client has more than one transaction under way,
            # and one that goes in the midst of it takes one process with it.
            self._give_back(own, first=False)
            while True:
                kind, body = read_message(client)
                if kind == TERMINATE:
                    return
                server = self._free.pop() if self._shares else own
                try:
                    self._carry_out(client, server, kind, body)
                except (OSError, EOFError):
                    # Who goes in the midst of a transaction leaves nothing locked: the process ends with it.
                    server.close()
                    raise
                self._give_back(server, first=True)

    def _give_back(self, server: socket.socket, *, first: bool) -> None:
        """To be the next that is taken, or the last."""
        if self._shares:
            self._free.insert(len(self._free) if first else 0, server)

    def _connect(self) -> socket.socket:
        if self._host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            server = socket.create_connection((self._host, self._port))
        self._opened.append(server)
        return server

    def _log_in(self, client: socket.socket, server: socket.socket) -> None:
        """Passes the login on, and names a process that there is not."""
        while True:
            length, code = struct.unpack("!ii", read_exactly(client, 8))
            rest = read_exactly(client, length - 8)
            if code not in SSL_REQUESTS:
                break
            client.sendall(STARTUP_REFUSED)
        server.sendall(struct.pack("!ii", length, code) + rest)
        while True:
            kind, body = read_message(server)
            if kind == PROCESS:
                body = struct.pack("!i", 1_000_003) + body[4:]
            send_message(client, kind, body)
            if kind == READY:
                return
            if kind == b"R" and struct.unpack("!i", body[:4])[0] in (3, 5, 10, 11):
                send_message(server, *read_message(client))

    def _carry_out(self, client: socket.socket, server: socket.socket, kind: bytes, body: bytes) -> None:
        """From a client's first message to the end of its transaction."""
        while True:
            send_message(server, kind, body)
            while kind not in (SYNC, QUERY):
                kind, body = read_message(client)
                send_message(server, kind, body)
            if answer(client, server) == IDLE:
                return
            kind, body = read_message(client)


def answer(client: socket.socket, server: socket.socket) -> bytes:
    """Passes the server's messages on until it is ready; gives the state of its transaction."""
    while True:
        kind, body = read_message(server)
        send_message(client, kind, body)
        if kind == READY:
            return body


def read_message(connection: socket.socket) -> tuple[bytes, bytes]:
    kind = read_exactly(connection, 1)
    (length,) = struct.unpack("!i", read_exactly(connection, 4))
    return kind, read_exactly(connection, length - 4)


def send_message(connection: socket.socket, kind: bytes, body: bytes) -> None:
    connection.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def read_exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = connection.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return found

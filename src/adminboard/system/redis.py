"""Whether Redis answers, for the System page. The board itself uses none."""

import socket
import ssl
from urllib.parse import SplitResult, urlsplit

PORT = 6379
PATIENCE_SECONDS = 0.25


def name_place(url: str) -> str:
    """Host and port of an address like redis://user:password@cache:6379/0, and nothing else of it."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or PORT}"


def is_reachable(url: str) -> bool:
    """Whether Redis answers a PING there. One that wants a password first says so, and is there too."""
    parts = urlsplit(url)
    try:
        with _connect(parts) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False


def _connect(parts: SplitResult) -> socket.socket:
    assert parts.hostname is not None, "settings ask for a host"
    plain = socket.create_connection((parts.hostname, parts.port or PORT), PATIENCE_SECONDS)
    if parts.scheme != "rediss":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
    except OSError:
        plain.close()
        raise

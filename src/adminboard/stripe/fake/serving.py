"""Serving the stand-in from a thread, on a port of its own on this machine."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BREAK_OFF = "adminboard.break_off"
"""The name, among the scope's extensions, of what drops the connection without an answer."""
LOCALHOST = "127.0.0.1"


class BreakableProtocol(HttpToolsProtocol):
    """HTTP whose connections the application can drop."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {BREAK_OFF: {"now": self.transport.abort}}


@contextmanager
def serving(app: Any, *, port: int = 0) -> Iterator[str]:
    """Serves for the length of the block, on a free port unless one is named. Gives the address."""
    with socket.create_server((LOCALHOST, port), backlog=128) as listener:
        config = uvicorn.Config(
            app,
            http=BreakableProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="stripe stand-in")
        thread.start()
        try:
            yield f"http://{LOCALHOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()

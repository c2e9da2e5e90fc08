"""The board as a process of its own, to be killed and started again on the same address.

The test holds the listening socket, so nobody has to wait for a port: what connects while the board is
dead is answered by the next one.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from adminboard import logs, serving
from adminboard.app import create_app
from adminboard.runtime import open_runtime
from adminboard.settings import load_settings

ADMIN_KEY = "guarantee-key-" + "k" * 32
ROOT = Path(__file__).parents[2]


class ServedBoard:
    """Started on entry, killed on exit."""

    def __init__(self, database_url: str, **environment: str) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._environment: Mapping[str, str] = {
            **os.environ,
            "APP_ENV": "test",
            "DATABASE_URL": database_url,
            "PUBLIC_URL": self.url,
            "SECRET_KEY": "s" * 32,
            "ADMIN_KEY": ADMIN_KEY,
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        descriptor = self._socket.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.guarantees.served_board", str(descriptor)],
            env=self._environment,
            cwd=ROOT,
            pass_fds=[descriptor],
        )

    def kill(self) -> None:
        """As by ``kill -9``: it has no chance to finish anything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._socket.close()


def serve_on(descriptor: int) -> None:
    logs.configure_logs()
    serving.serve(create_app(open_runtime(load_settings())), socket.socket(fileno=descriptor))


if __name__ == "__main__":
    serve_on(int(sys.argv[1]))

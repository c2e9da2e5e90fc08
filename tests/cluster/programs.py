"""Programs that the tests start, kill, freeze and start again."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from adminboard.db.embedded.account import Account

PATIENCE_SECONDS = 180.0
ROOT = Path(__file__).parents[2]


class Program:
    """A program with its log. It runs as ``account``, where that is given."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._environment = {**os.environ, **(environment or {})}
        self._options = account.popen_options() if account is not None else {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **self._options,
            )

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None, f"{self.name} was not started"
        return psutil.Process(self._process.pid)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def memory_bytes(self) -> int:
        """What it holds in memory for itself, without what it shares with others."""
        return int(self.process.memory_full_info().uss)

    def freeze(self) -> None:
        """It stands still, as on a machine that hangs: its connections stay open and nobody answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As by ``kill -9``: it has no chance to finish anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Tells it to end, and does not wait."""
        assert self._process is not None
        self._process.terminate()

    def stop(self) -> int:
        """Tells it to end; returns its exit code once it has."""
        self.terminate()
        assert self._process is not None
        return self._process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """Whatever state it is in: nothing of it is left afterwards."""
        if self.is_running():
            self.kill()

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2_000:]


def wait_until(is_so: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS) -> float:
    """Returns after how many seconds it came to that. Raises AssertionError when it never does."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody used a moment ago."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports

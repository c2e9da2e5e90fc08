"""Other processes for tests: users of the server, and a server of our own making."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from adminboard.db.embedded.account import Account, find_account
from tests.db.embedded import other_process

DEADLINE_SECONDS = 60.0


class Neighbour:
    """Another process that uses the server of `data_dir`. `answer` is what came of its start."""

    def __init__(self, data_dir: Path, account: Account | None = None) -> None:
        account = account or Account(os.geteuid(), os.getegid())
        self.process = subprocess.Popen(
            [sys.executable, other_process.__file__, str(data_dir), str(account.uid), str(account.gid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for_start(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def leave(self) -> None:
        self.process.communicate("leave\n", timeout=DEADLINE_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=DEADLINE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.process:
            self.process.kill()


def ordinary_account() -> Account:
    """A user without privileges: this one, or for root another."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    nobody = find_account("nobody")
    assert nobody is not None
    return nobody


@contextmanager
def folder_of(account: Account) -> Iterator[Path]:
    """A folder that `account` owns and nobody else may enter, where it can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="board-"))
    account.take_over(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask until it holds; fail after a minute."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        Event().wait(0.005)

"""Who uses the server: each process locks a file of its own, and the system unlocks it when it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from adminboard.db.embedded.errors import ServerBusy

LOCK_TIMEOUT_SECONDS = 180.0
POLL_SECONDS = 0.02


def open_locked_file(path: Path) -> int:
    """Open for locking; follow no link, since root does this in a folder of another user."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


@contextmanager
def start_stop_lock(data: Path, *, timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Held by the one process that starts, joins, leaves or stops the server. Raises ServerBusy."""
    path = data / "lock"
    number = open_locked_file(path)
    try:
        owner = data.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(number, owner.st_uid, owner.st_gid)
        deadline = time.monotonic() + timeout_seconds
        while not try_lock(number):
            if time.monotonic() > deadline:
                raise ServerBusy(path, timeout_seconds)
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(number)


def try_lock(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True)
class Lease:
    """A promise that this process uses the server. Children made by fork share it."""

    path: Path
    number: int

    def give_back(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.number)


def take_lease(leases: Path) -> Lease:
    """The start-stop lock must be held."""
    path = leases / f"{os.getpid()}-{uuid4().hex}"
    number = open_locked_file(path)
    owner = leases.stat()
    if os.geteuid() == 0:
        os.fchown(number, owner.st_uid, owner.st_gid)
    fcntl.flock(number, fcntl.LOCK_EX)
    return Lease(path, number)


def is_in_use(leases: Path) -> bool:
    """Whether a living process holds a lease. Dead ones' are removed; the start-stop lock must be held."""
    in_use = False
    for path in leases.iterdir():
        number = open_locked_file(path)
        if try_lock(number):
            path.unlink(missing_ok=True)
        else:
            in_use = True
        os.close(number)
    return in_use

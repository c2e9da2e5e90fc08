"""Freezing a database server: every process of it stands still, as on a machine that hangs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.embedded.processes import processes_of


@contextmanager
def frozen(server: EmbeddedServer) -> Iterator[None]:
    processes = list(processes_of(server.directories.cluster))
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)

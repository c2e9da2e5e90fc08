"""The metrics at a port of their own, and the folder through which several processes count together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from prometheus_client import start_http_server

from adminboard.core.measures import FOLDER_VARIABLE
from adminboard.runtime import Runtime
from adminboard.serving import PortTaken
from adminboard.settings import Settings
from adminboard.system.metrics import make_registry


@contextmanager
def metrics_port(runtime: Runtime, host: str) -> Iterator[None]:
    """Answers whoever asks at METRICS_PORT, as long as the block lasts; does nothing where it is not set.

    Raises `PortTaken`.
    """
    port = runtime.settings.metrics_port
    if port is None:
        yield
        return
    try:
        server, thread = start_http_server(port, host, make_registry(runtime))
    except OSError as error:
        raise PortTaken(
            f"METRICS_PORT {port} cannot be listened on at {host}: {error.strerror}. "
            "Give each process that is started on this machine one of its own."
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def counting_together(settings: Settings) -> Iterator[None]:
    """What processes that are started in the block count is added up, where anybody can ask for it.

    It needs room in the temporary folder: some megabytes for each.
    """
    if not settings.has_metrics:
        yield
        return
    with TemporaryDirectory(prefix="adminboard-metrics-") as folder:
        os.environ[FOLDER_VARIABLE] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER_VARIABLE]

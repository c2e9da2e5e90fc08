"""Ending without anybody noticing: a process that is told to end says so, and goes on serving for a while.

Meanwhile `/readyz` answers 503, so that a balancer turns to other processes, and each answer closes its
connection, so that none is left on which a request could arrive when nobody takes it any more.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Leaving:
    """Whether this process is about to end."""

    def __init__(self) -> None:
        self.has_begun = False


@contextmanager
def leaving_late(leaving: Leaving, seconds: float) -> Iterator[None]:
    """Within it SIGTERM is carried out so many seconds late; told twice, the process ends at once.

    For the event loop of the main thread, whose server has set what SIGTERM does; elsewhere nothing changes.
    """
    end = signal.getsignal(signal.SIGTERM)
    if not seconds or threading.current_thread() is not threading.main_thread() or not callable(end):
        yield
        return
    loop = asyncio.get_running_loop()

    def begin(number: int, frame: FrameType | None) -> None:
        if leaving.has_begun:
            end(number, frame)
            return
        leaving.has_begun = True
        loop.call_soon_threadsafe(loop.call_later, seconds, end, number, None)

    signal.signal(signal.SIGTERM, begin)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, end)

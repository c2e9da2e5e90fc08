"""Giving way: work that can wait rests between its steps, while others wait for a processor.

A low priority alone does not do it: whoever draws a page changes hands with PostgreSQL a dozen times, and
finds the processors taken, or their caches cold, each time. Between two steps nothing is locked, so nobody
waits for one who rests; one who is merely kept from the processor rests on its locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRESSURE = Path("/proc/pressure/cpu")
REST_FOR_PRESSURE = 3.0
"""How many times as long as others waited the rest is."""
MOST_REST_FOR_STEP = 4.0
"""The rest is at most so many times as long as the step: whatever else goes on, the work goes on too."""
MOST_REST_SECONDS = 1.0


@contextmanager
def giving_way(
    waited: Callable[[], float | None] | None = None, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """One step of the work. After it, rests for a multiple of how long anybody on this machine has waited for
    a processor meanwhile; where the system does not tell, or the step has failed, it does not."""
    look = waited or seconds_waited
    began, before = time.monotonic(), look()
    yield
    step, after = time.monotonic() - began, look()
    if before is not None and after is not None:
        sleep(rest_after(step, after - before))


def rest_after(step_seconds: float, waited_seconds: float) -> float:
    """How long to rest after a step of this length, in which others waited for so long."""
    most = min(MOST_REST_FOR_STEP * step_seconds, MOST_REST_SECONDS)
    return min(max(REST_FOR_PRESSURE * waited_seconds, 0.0), most)


def seconds_waited(pressure: Path = PRESSURE) -> float | None:
    """For how long anybody on this machine has waited for a processor, since it was started; None where Linux
    does not tell."""
    try:
        for line in pressure.read_text().splitlines():
            kind, *figures = line.split()
            if kind == "some":
                return int(dict(figure.split("=") for figure in figures)["total"]) / 1e6
    except (OSError, ValueError, KeyError):
        return None
    return None

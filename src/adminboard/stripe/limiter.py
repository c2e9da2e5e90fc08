"""Not more calls to Stripe than it takes, and none while it asks for a pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from adminboard.stripe.errors import RateLimited

BURST_SECONDS = 0.2
"""How much of a second's calls may go out at once after a quiet moment."""
LONGEST_WAIT_SECONDS = 10


class Limiter:
    """Lets so many calls a second through, evenly but for short bursts. The threads of a process share one.

    Several processes share Stripe's limit: give each its part.
    """

    def __init__(
        self,
        calls_per_second: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / calls_per_second
        self._burst = max(BURST_SECONDS, self._interval)
        self._monotonic = monotonic
        self._pause = pause
        self._lock = Lock()
        self._taken_until = self._closed_until = monotonic()

    def wait(self) -> None:
        """Returns when the next call may go out. Raises `RateLimited` when that would take too long."""
        with self._lock:
            now = self._monotonic()
            taken_until = max(self._taken_until, now) + self._interval
            seconds = round(max(taken_until - self._burst, self._closed_until) - now, 6)
            if seconds > LONGEST_WAIT_SECONDS:
                raise RateLimited(
                    "The board has more to ask Stripe than it may at once. Try again in a moment.",
                    retry_after_seconds=int(seconds) + 1,
                )
            self._taken_until = taken_until
        if seconds > 0:
            self._pause(seconds)

    def back_off(self, seconds: float) -> None:
        """Nobody calls for so long: Stripe said that it was too much."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._monotonic() + seconds)

"""Jobs that come again: what the worker does by the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adminboard.runtime import Runtime


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """``run`` is called at the minutes ``cron`` names (UTC), by one worker of all; ``name`` is unique.

    An exception is logged, and the job comes again at its next time.

    It may be killed at any moment and called again: it must commit in small steps and do nothing twice.
    """

    name: str
    cron: str
    run: Callable[[Runtime], object]


EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "7 * * * *"
"""At seven minutes past, when not everything else starts too."""
EVERY_NIGHT = "23 3 * * *"

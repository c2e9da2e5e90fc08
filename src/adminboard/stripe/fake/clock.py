"""The stand-in's own time: the machine's, or a test's, moved ahead by as much as somebody wanted."""

from adminboard.core.clock import Clock


class StandInClock:
    """Tells whole seconds since 1970."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._ahead_seconds = 0

    def now(self) -> int:
        return int(self._base.now().timestamp()) + self._ahead_seconds

    def set(self, moment: int) -> None:
        """Moves to a later moment; an earlier one changes nothing."""
        self._ahead_seconds += max(moment - self.now(), 0)

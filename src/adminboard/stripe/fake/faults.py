"""Bad days on demand: what goes wrong with the next requests, and how."""

from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens to a request. "After" means that what was asked has been done by then."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    RATE_LIMIT = "rate_limit"
    CONFLICT = "conflict"
    SERVER_ERROR = "server_error"
    SERVER_ERROR_AFTER = "server_error_after"
    RESET = "reset"
    RESET_AFTER = "reset_after"
    SLOW = "slow"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout_after"


@dataclass
class Fault:
    """``times`` requests, to addresses that begin with ``path``, by ``method`` if one is named."""

    kind: FaultKind
    times: int = 1
    method: str | None = None
    path: str = "/v1/"
    seconds: float = 1
    """How slow, or after how long a client that was refused may come back."""

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": f"{self.seconds:g}"} if self.kind is FaultKind.RATE_LIMIT else {}

    def strikes(self, method: str, path: str) -> bool:
        return self.times > 0 and path.startswith(self.path) and self.method in (None, method)


@dataclass
class Faults:
    """The faults to come, in the order in which they were asked for."""

    is_down: bool = False
    """Nothing is answered at all."""
    waiting: list[Fault] = field(default_factory=list)

    def plan(self, fault: Fault) -> None:
        self.waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, used up by it."""
        if self.is_down and path.startswith("/v1/"):
            return Fault(FaultKind.RESET)
        for fault in self.waiting:
            if fault.strikes(method, path):
                fault.times -= 1
                self.waiting = [other for other in self.waiting if other.times > 0]
                return fault
        return None

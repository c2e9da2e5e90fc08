"""A request and its answer, without HTTP."""

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """A request to the stand-in. ``headers`` have lower-case names."""

    method: str
    path: str
    query: str
    body: str
    headers: dict[str, str]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters as they were sent."""
        return parse_qsl(self.body if self.method == "POST" else self.query, keep_blank_values=True)

    @property
    def idempotency_key(self) -> str | None:
        """Stripe takes one with a POST only."""
        return self.headers.get("idempotency-key") if self.method == "POST" else None

    @property
    def identity(self) -> tuple[str, ...]:
        """What must be the same when a key is used again."""
        return (self.method, self.path, *sorted(f"{name}={value}" for name, value in self.pairs))


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def replayed(self) -> "Answer":
        return replace(self, headers=self.headers | {"idempotent-replayed": "true"})

    def encoded(self) -> bytes:
        return json.dumps(self.body).encode()

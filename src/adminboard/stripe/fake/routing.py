"""Which calls there are: declared beside the functions that answer them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.records import Record
from adminboard.stripe.fake.sdk_types import parameter_hints

Handler = Callable[..., Record]
"""Takes the account, what stands in the path, and the parameters."""


@dataclass(frozen=True)
class Route:
    """One call of Stripe's. ``takes`` are the parameters the stand-in acts on, as in ``items[quantity]``."""

    method: str
    path: str
    parameters: str
    """The SDK's name of their type."""
    takes: frozenset[str]
    answer: Handler | Listing[Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def match(self, method: str, path: str) -> Sequence[str] | None:
        """What stands in the path, if this is the call."""
        found = method == self.method and re.fullmatch(re.sub(r"\{\w+\}", r"([^/]+)", self.path), path)
        return found.groups() if found else None


@dataclass
class Routes:
    """The calls of one family."""

    all: list[Route] = field(default_factory=list)

    def get(self, path: str, parameters: str) -> Callable[[Handler], Handler]:
        return self._adding("GET", path, parameters, "")

    def post(self, path: str, parameters: str, takes: str = "") -> Callable[[Handler], Handler]:
        """``takes`` has the parameters' names, separated by spaces."""
        return self._adding("POST", path, parameters, takes)

    def delete(self, path: str, parameters: str, takes: str = "") -> Callable[[Handler], Handler]:
        return self._adding("DELETE", path, parameters, takes)

    def retrieve(self, path: str, parameters: str, kind: type[Record]) -> None:
        """One record by its id."""

        def answer(account: Account, identifier: str, _given: dict[str, Any]) -> Record:
            return account.get(kind, identifier)

        self.all.append(Route("GET", path, parameters, frozenset({"expand"}), answer))

    def listing(self, path: str, parameters: str, listing: Listing[Any]) -> None:
        self.all.append(Route("GET", path, parameters, listing.takes, listing))

    def _adding(self, method: str, path: str, parameters: str, takes: str) -> Callable[[Handler], Handler]:
        def add(handler: Handler) -> Handler:
            expandable = {"expand"} & set(parameter_hints(parameters))
            known = frozenset(takes.split()) | expandable
            self.all.append(Route(method, path, parameters, known, handler))
            return handler

        return add

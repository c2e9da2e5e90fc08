"""The board's routes as the tests that walk them all ask them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import iter_route_contexts

from adminboard.app import find_doors
from tests.clients import BoardUnderTest

ANY_ID = "6f0e5a51-7d3f-4c5c-9d3e-000000000000"
_PARTS = {
    "page": "users",
    "setting": "grace_period_days",
    "name": "board.css",
    "job": "refund",
    "picture": "refund-form.webp",
}


@dataclass(frozen=True)
class Route:
    """One method of one path. ``door`` is how it is guarded: page_read, page_write, api_read, …"""

    method: str
    path: str
    door: str
    permission: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path with an id of nothing, or a word there is, for each of its parts."""
        return re.sub(r"{(\w+)[^}]*}", lambda part: _PARTS.get(part[1], ANY_ID), self.path)

    @property
    def is_api(self) -> bool:
        return self.door.startswith("api")

    @property
    def is_public(self) -> bool:
        return self.door == "public"

    @property
    def is_signed(self) -> bool:
        """Whether it is for those who prove themselves by a signature."""
        return self.door == "signed"

    @property
    def is_unsafe(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


def list_routes(app: Any) -> list[Route]:
    return list(_walk(app))


def _walk(app: Any) -> Iterator[Route]:
    for route in iter_route_contexts(app.routes):
        doors = find_doors(route.dependant) if getattr(route, "dependant", None) else []
        assert len(doors) == 1, f"{route.path} has the doors {doors}"
        permission = doors[0].permission.value if doors[0].permission else None
        for method in route.methods or ():
            yield Route(method, route.path or "", doors[0].kind, permission)


def pages_that_show(board: BoardUnderTest) -> list[str]:
    """The addresses of all GET pages that need a login."""
    return [
        route.address for route in list_routes(board.app) if route.door == "page_read" and not route.is_unsafe
    ]

"""The short way to what others send of their own accord, a thousand times a second at worst.

Most of what a request passes through is for people: compression, the guard against foreign pages, the search
for the route, the solving of dependencies. A route of an area's `incoming` needs none of it. It is declared,
and found in every table, like all others; here its own door and its own function are called straight away,
inside the frame that gives ids, headers and limits and answers what is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from adminboard.web.short_ways import read_needs


@dataclass(frozen=True, slots=True)
class Entrance:
    """A route that takes a request and what its door gives, under the name ``given``."""

    route: APIRoute
    door: Callable[[Request], Awaitable[Any]]
    given: str

    async def answer(self, request: Request) -> Response:
        passed = {self.given: await self.door(request)}
        response: Response = await self.route.endpoint(request=request, **passed)
        return response


class StraightIn:
    """Answers a POST to an entrance; everything else goes the usual way."""

    def __init__(self, app: ASGIApp, *, entrances: Mapping[str, Entrance]) -> None:
        self.app = app
        self._entrances = entrances

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entrance = self._entrances.get(scope.get("path", ""))
        if entrance is None or scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        scope["route"] = entrance.route
        response = await entrance.answer(Request(scope, receive))
        await response(scope, receive, send)


def find_entrances(routers: Iterable[APIRouter]) -> dict[str, Entrance]:
    """The entrances of these routers by their address. Raises `TypeError` for a route that is none."""
    routes = [route for router in routers for route in router.routes]
    return {entrance.route.path: entrance for entrance in map(_read_entrance, routes)}


def _read_entrance(route: object) -> Entrance:
    if isinstance(route, APIRoute) and route.methods == {"POST"}:
        needs = read_needs(route)
        takes_more = needs.request != "request" or needs.words or needs.others
        if needs.door is not None and not takes_more:
            return Entrance(route, needs.door, needs.given)
    raise TypeError(f"{route} cannot be entered straight: it needs POST, a door, a request, and nothing else")

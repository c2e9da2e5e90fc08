"""The short way to a page: what shows something is answered in one go, by one thread.

The framework looks through every route there is, then enters the door, calls the route's function and leaves
the door by a thread each, and a busy process waits longest where one thread hands over to another. A page
needs no more than its door and the words of its address, so both are called straight away; whatever takes
more goes the usual way, and is answered the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import iscoroutinefunction

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from adminboard.web.errors import handle_error
from adminboard.web.short_ways import read_needs
from adminboard.web.visit import Visit


@dataclass(frozen=True, slots=True)
class StraightPage:
    """A route that takes the visit its door gives, under the name ``given``, and words of its address."""

    route: APIRoute
    door: Callable[[Request], Iterator[Visit]]
    given: str

    def answer(self, request: Request) -> Response:
        """The page, or what is said in its place."""
        try:
            with contextmanager(self.door)(request) as visit:
                response: Response = self.route.endpoint(**{self.given: visit}, **request.path_params)
                return response
        except Exception as error:  # noqa: BLE001 - as on the usual way, whatever is raised has an answer
            return handle_error(request, error)


class StraightPages:
    """Answers a GET of a straight page; everything else goes the usual way."""

    def __init__(self, app: ASGIApp, *, finder: PageFinder) -> None:
        self.app = app
        self._finder = finder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = self._finder.find(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if page is None:
            await self.app(scope, receive, send)
            return
        response = await run_in_threadpool(page.answer, Request(scope, receive))
        await response(scope, receive, send)


class PageFinder:
    """Finds what the router would find, but among the routes that begin as the address does."""

    def __init__(self) -> None:
        self._by_beginning: dict[str, list[tuple[APIRoute, StraightPage | None]]] = {}

    def learn(self, routes: Sequence[BaseRoute]) -> None:
        """Takes in the application's routes, in their order. Raises `TypeError` for one that begins with
        what could be any word, since it might come before any other."""
        for route in routes:
            if not isinstance(route, APIRoute):
                continue  # Routers of the API, below an address of their own.
            beginning = _beginning_of(route.path)
            if "{" in beginning:
                raise TypeError(f"{route.path} begins with a parameter")
            self._by_beginning.setdefault(beginning, []).append((route, _read_page(route)))

    def find(self, scope: Scope) -> StraightPage | None:
        """The straight page at the address, which is noted in the scope as the router does it."""
        for route, page in self._by_beginning.get(_beginning_of(scope["path"]), ()):
            match, found = route.matches(scope)
            if match is Match.FULL:
                if page is not None:
                    scope.update(found)
                return page
        return None


def _beginning_of(path: str) -> str:
    """The first word of a path: "/users" is that of "/users/count"."""
    return path[: path.find("/", 1)] if "/" in path[1:] else path


def _read_page(route: APIRoute) -> StraightPage | None:
    """The route as a straight page, None for one that takes more."""
    if "GET" not in (route.methods or ()) or iscoroutinefunction(route.endpoint):
        return None
    needs = read_needs(route)
    if needs.door is None or needs.door.kind != "page_read":
        return None
    has_plain_words = all(kind is str for kind in needs.words.values())
    if needs.request is not None or needs.others or not has_plain_words:
        return None
    return StraightPage(route, needs.door, needs.given)

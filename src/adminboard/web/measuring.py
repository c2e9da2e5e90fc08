"""Watching requests: the outermost of what wraps them, so that whatever is answered is counted and traced."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from fastapi.routing import iter_route_contexts
from opentelemetry.trace import SpanKind, StatusCode
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adminboard.core.measures import UNMATCHED, name_method, note_request
from adminboard.core.traces import span

UNTRACED = ("/healthz", "/readyz", "/metrics", "/static/")
"""What programs ask for by the clock, or every browser with every page."""


class MeasuredRequests:
    """Notes route, method, status and duration of each answer, streamed ones to their end.

    ``templates`` are the routes' addresses as they are declared, by the route's identity (`find_templates`).
    """

    def __init__(self, app: ASGIApp, *, templates: Mapping[int, str]) -> None:
        self.app = app
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = time.perf_counter()

        def note(status: int) -> None:
            template = self._templates.get(id(scope.get("route")))
            note_request(template, scope["method"], status, time.perf_counter() - started_at)

        await answer(self.app, scope, receive, send, note)


class TracedRequests:
    """Each request as the beginning of a trace: what a stranger sends along as theirs is not believed.

    ``templates`` as for `MeasuredRequests`: the address itself may say whom it is about.
    """

    def __init__(self, app: ASGIApp, *, templates: Mapping[int, str]) -> None:
        self.app = app
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(UNTRACED):
            await self.app(scope, receive, send)
            return
        method = name_method(scope["method"])
        with span(method, SpanKind.SERVER, {"http.request.method": method}) as traced:

            def note(status: int) -> None:
                template = self._templates.get(id(scope.get("route"))) or UNMATCHED
                traced.update_name(f"{method} {template}")
                traced.set_attribute("http.route", template)
                traced.set_attribute("http.response.status_code", status)
                traced.set_attribute("adminboard.request_id", scope["state"].get("request_id", ""))
                if status >= 500:
                    traced.set_status(StatusCode.ERROR)

            await answer(self.app, scope, receive, send, note)


async def answer(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, note: Callable[[int], None]
) -> None:
    """Lets the application answer, and then tells its status: 500 when it did not get as far as one."""
    status = 500

    async def send_noting_status(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    try:
        await app(scope, receive, send_noting_status)
    finally:
        note(status)


def find_templates(routes: Sequence[BaseRoute]) -> dict[int, str]:
    """The address of every route as it is declared, like /users/{id}."""
    return {id(route.original_route): str(route.path) for route in iter_route_contexts(routes)}

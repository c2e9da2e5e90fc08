"""Counting requests: the outermost of what wraps them, so that whatever is answered is counted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adminboard.core.measures import note_request


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
        status = 500

        async def send_noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noting_status)
        finally:
            template = self._templates.get(id(scope.get("route")))
            note_request(template, scope["method"], status, time.perf_counter() - started_at)


def find_templates(routes: Sequence[BaseRoute]) -> dict[int, str]:
    """The address of every route as it is declared, like /users/{id}."""
    return {id(route.original_route): str(route.path) for route in iter_route_contexts(routes)}

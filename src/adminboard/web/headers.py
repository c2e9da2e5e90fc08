"""What wraps every request: its id, the security headers, and a limit on its size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adminboard.core.errors import DomainError
from adminboard.settings import Settings
from adminboard.web.cookies import session_cookie_header
from adminboard.web.errors import handle_error
from adminboard.web.leaving import Leaving

MAX_BODY_BYTES = 2_000_000

CONTENT_SECURITY_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def make_policy(recordings: str | None) -> str:
    """The content security policy; ``recordings`` is the setting, since sound comes from there only."""
    if recordings is None:
        media = "media-src 'none'"
    else:
        media = f"media-src 'self' {recordings}" if recordings.startswith("https://") else "media-src 'self'"
    return "; ".join([*CONTENT_SECURITY_POLICY, media])


class BodyTooLarge(DomainError):
    """More was sent than the address takes, or than was announced."""

    status = 413
    title = "Too much at once"


class RequestFrame:
    """Gives each request an id (a proxy's is kept when it is well formed) and each answer its headers.

    ``uploads`` are the paths that take another amount than `MAX_BODY_BYTES`, and how much.

    What nothing inside has answered is answered here, so that faults, too, have the headers and name the id.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, uploads: Mapping[str, int], leaving: Leaving
    ) -> None:
        self.app = app
        self._leaving = leaving
        self._settings = settings
        self._uploads = uploads
        self._headers = SECURITY_HEADERS | {"Content-Security-Policy": make_policy(settings.recordings)}
        if settings.secure_cookies:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, self._framed(scope, send, request_id), headers)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            limit = self._uploads.get(scope["path"], MAX_BODY_BYTES)
            _check_length(headers.get("content-length", "0"), limit)
            await self.app(scope, _bounded(receive, limit), send_noting_start)
        except Exception as error:
            if started:
                raise
            response = handle_error(Request(scope, receive), error)
            await response(scope, receive, send)

    def _framed(self, scope: Scope, send: Send, request_id: str) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                login = scope["state"].get("login")
                if login is not None and login.refreshed_cookie and "set-cookie" not in headers:
                    renewed = session_cookie_header(self._settings, login.refreshed_cookie)
                    headers.append("Set-Cookie", renewed)
                if self._leaving.has_begun:
                    headers["Connection"] = "close"
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return send_with_headers


def _check_length(announced: str, limit: int) -> None:
    is_number = announced.isascii() and announced.isdigit()
    if not is_number or int(announced) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> BodyTooLarge:
    megabytes = limit // 1_000_000
    return BodyTooLarge(
        f"This is more than the board takes in one request ({megabytes} MB). Send it in parts."
    )


def _bounded(receive: Receive, limit: int) -> Receive:
    received = 0

    async def receive_bounded() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _too_large(limit)
        return message

    return receive_bounded

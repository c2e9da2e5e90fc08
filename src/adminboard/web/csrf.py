"""No other site can make a browser change anything here (guarantee 13).

Two checks: unsafe requests must come from our own origin (`CrossSiteGuard`, before anything else runs), and
forms carry a token bound to the session. API calls authenticate by header, which no foreign form can send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from adminboard.core.errors import Forbidden
from adminboard.runtime import Runtime

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_LIFETIME = timedelta(hours=24)
PROGRAM_PATHS = ("/v1/", "/webhooks/stripe")
"""Below these only programs ask, who prove themselves by a key or a signature and read problem+json."""


class CrossSiteRequest(Forbidden):
    """The form does not come from a page of the board that this session opened."""

    title = "This form is out of date"


def make_csrf_token(runtime: Runtime, session_id: UUID | None) -> str:
    """A token for the forms of one session, valid for a day. Without a session it still ties to the board."""
    expires_at = runtime.clock.now() + TOKEN_LIFETIME
    return runtime.signed.sign("csrf", str(session_id), expires_at=expires_at)


def check_csrf_token(
    runtime: Runtime, session_id: UUID | None, request: Request, form: Mapping[str, Sequence[str]]
) -> None:
    """Raises `CrossSiteRequest` unless form or header carry this session's token."""
    token = (form.get("csrf_token") or [request.headers.get("x-csrf-token", "")])[0]
    if runtime.signed.read("csrf", token, now=runtime.clock.now()) != str(session_id):
        raise CrossSiteRequest("This form is out of date. Load the page again and send it once more.")


class ForeignRequest(Forbidden):
    """A browser was made to ask this by something else than a page of the board."""

    title = "This did not come from the board"


class CrossSiteGuard:
    """Raises `ForeignRequest` for unsafe requests of browsers that do not come from the board's own pages."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._origin = public_url.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._allowed(scope):
            raise ForeignRequest(
                "This request does not come from a page of the board, so nothing was changed. "
                "Open the board and do it there."
            )
        await self.app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        if scope["method"] in SAFE_METHODS or scope["path"].startswith(PROGRAM_PATHS):
            return True
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        if origin is None:
            return False
        return origin == self._origin or urlsplit(origin).netloc == headers.get("host")

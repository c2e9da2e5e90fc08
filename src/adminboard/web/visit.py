"""A visit: one request to a page or the API, by someone who may make it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.web.addresses import address, without
from adminboard.web.board import Board
from adminboard.web.done import find_done_toasts
from adminboard.web.render import render
from adminboard.web.uploads import Upload


@dataclass
class Visit:
    """What a handler gets: who asks, the board, a session to read through, and the form that was sent.

    ``session`` exists for reading requests only; a changing one opens its own work. ``form`` has every value
    of each field as it was typed, ``upload`` the file that came with it. ``session_id`` is the browser
    session's, None for keys.
    """

    request: Request
    board: Board
    actor: Actor
    session_id: UUID | None = None
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)
    upload: Upload | None = None
    last_change: int | None = None
    """For lists and exports: the position of what the actor changed last, which they must see."""
    _session: Session | None = None

    @property
    def session(self) -> Session:
        if self._session is None:
            raise LookupError("a changing request reads through its work")
        return self._session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """The visit's own session, or for a changing request a new one. Never two connections at once."""
        if self._session is not None:
            yield self._session
        else:
            with self.board.runtime.reading(self.actor) as session:
                yield session

    def pause_reading(self) -> None:
        """Gives the connection back while something else is waited for; the next reading takes one again."""
        if self._session is not None:
            self._session.close()

    def stop_reading(self) -> None:
        """Gives the connection back before a work or an export takes another; `session` is over then."""
        if self._session is not None:
            self._session.close()
            self._session = None

    @property
    def now(self) -> datetime:
        """The moment of the request, an aware time."""
        return self.board.runtime.clock.now()

    @cached_property
    def parameters(self) -> Mapping[str, Sequence[str]]:
        """The URL's parameters, every value of each."""
        query = self.request.query_params
        return {name: query.getlist(name) for name in query}

    def parameter(self, name: str) -> str | None:
        """The first value of a URL parameter, None when absent or empty."""
        values = self.parameters.get(name) or [""]
        return values[0].strip() or None

    def typed(self, name: str) -> str:
        """The first value of a form field, "" when absent."""
        values = self.form.get(name) or [""]
        return values[0]

    @property
    def target(self) -> str | None:
        """The id of the part of the page that htmx wants, None for a whole page."""
        if self.request.headers.get("hx-request-type") != "partial":
            return None
        target = self.request.headers.get("hx-target", "")
        return target.rpartition("#")[2] or None

    def render(self, template: str, *, status_code: int = 200, **context: Any) -> HTMLResponse:
        """The template as a page, with what every page shows around it."""
        if self._session is not None:
            here = address(self.request.url.path, without(self.parameters, "done"))
            self.request.state.toasts = find_done_toasts(
                self._session, self.actor, self.parameter("done"), here
            )
        return render(self.request, template, status_code=status_code, **context)

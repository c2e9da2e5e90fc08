"""Sending an export: as it is read, a few in turn, and with its connection given back whatever happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from itertools import islice

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from adminboard.core.giving_way import giving_way

AT_ONCE = 2
"""Exports of one process that are read at the same moment. The others wait for their turn: each that is read
keeps PostgreSQL busy, too, and pages would have to share the processors with all of them (guarantee 26)."""
TURN_SECONDS = 0.05
MOST_PIECES = 16
"""Of one turn, a megabyte: they are held until they are sent."""


def make_turns() -> CapacityLimiter:
    """What exports of one process take turns by: threads of their own, so that pages never wait for one."""
    return CapacityLimiter(AT_ONCE)


class CsvResponse(StreamingResponse):
    """A file named ``name`` of the pieces, of which ``first`` is there already.

    ``stack`` holds what they are read through; it is closed when the last is sent, or the reader is gone.
    """

    def __init__(
        self, name: str, first: bytes, pieces: Iterator[bytes], *, stack: ExitStack, turns: CapacityLimiter
    ) -> None:
        super().__init__(
            self._read(first),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
        self._pieces = pieces
        self._stack = stack
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(self._stack.close)

    async def _read(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        while pieces := await to_thread.run_sync(self._take_turn, limiter=self._turns):
            for piece in pieces:
                yield piece

    def _take_turn(self) -> list[bytes]:
        """The next pieces, none at the end; it rests where others wait for a processor."""
        ends_at, taken = time.monotonic() + TURN_SECONDS, []
        with giving_way():
            for piece in islice(self._pieces, MOST_PIECES):
                taken.append(piece)
                if time.monotonic() > ends_at:
                    break
        return taken

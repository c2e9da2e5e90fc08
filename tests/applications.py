"""The application as `create_app` makes it, put together once in each worker for all boards that are alike.

Its hundreds of routes take longer to make than a database to copy, and know neither database nor clock.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastapi import FastAPI

from adminboard.app import create_app, make_board
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.web.area import Area

Parts = tuple[Settings, tuple[Area, ...]]
_idle: list[tuple[Parts, FastAPI]] = []


@contextmanager
def borrowed_app(runtime: Runtime, areas: Sequence[Area]) -> Iterator[FastAPI]:
    """The application over this runtime; nobody else gets it before the end of the block."""
    parts = (runtime.settings.model_copy(update={"database_url": None}), tuple(areas))
    app = _take_idle(parts)
    if app is None:
        app = create_app(runtime, areas=areas)
    else:
        app.state.board = make_board(runtime, areas)
    try:
        yield app
    finally:
        _idle.append((parts, app))


def _take_idle(parts: Parts) -> FastAPI | None:
    for number, (others, app) in enumerate(_idle):
        if others == parts:
            del _idle[number]
            return app
    return None

"""The first start of a demonstration compares what is here with its stand-in; later ones leave that to the
hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.core.models import Run
from adminboard.db.embedded import EmbeddedServer
from adminboard.demo import demonstration
from adminboard.demo.demonstration import DATABASE, prepared_demonstration
from adminboard.reconciliation.queries import COMPARISON_KIND, UNSETTLED
from tests.demo.plans import make_plan


@pytest.fixture
def small(server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Demonstrations of few people, on the server that the tests have."""

    @contextmanager
    def shared(folder: Path) -> Iterator[EmbeddedServer]:
        yield server

    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO_PASSWORD", "the password of the demonstration")
    monkeypatch.setattr(EmbeddedServer, "start", shared)
    monkeypatch.setattr(demonstration, "_demo_plan", lambda _: make_plan(users=30, calls=60))
    server.drop_database(DATABASE)
    yield
    server.drop_database(DATABASE)


@pytest.mark.usefixtures("small")
def test_only_the_first_start_begins_a_comparison_with_stripe() -> None:
    first = start_and_list_open_comparisons()
    assert len(first) == 1
    assert start_and_list_open_comparisons() == first


def start_and_list_open_comparisons() -> list[Any]:
    """Starts a demonstration and stops it; gives the comparisons that wait for a worker."""
    with prepared_demonstration(port=8000) as started, started.runtime.reading() as session:
        waiting = select(Run.id).where(Run.kind == COMPARISON_KIND, Run.status.in_(UNSETTLED))
        return list(session.scalars(waiting))

"""Objects of Stripe's, written into our rows without Stripe: whoever asks gets what is true in the end."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import Mirrored, NeedsFetching
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.core.work import Work
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.factories import START

Mirror = Callable[..., Mirrored]


@dataclass(frozen=True)
class State:
    """An object as it was in some second."""

    second: int
    found: Any

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.second)


@dataclass
class Mirroring:
    """Writes states, each in a work of its own."""

    runtime: Runtime
    connection: Connection
    looks: int = 0

    def write(self, mirror: Mirror, state: State, truth: Any, **options: Any) -> Mirrored:
        """What a worker does with one event; ``truth`` is what Stripe has in the end."""
        found, state_at = state.found, state.at
        while True:
            try:
                with self.runtime.work(system_actor("a test")) as work:
                    mirrored = mirror(work, found, state_at, **options)
                    self.note(work)
                    return mirrored
            except NeedsFetching as needs:
                self.looks += 1
                found, state_at = truth, needs.state_at

    def write_all(self, mirror: Mirror, states: Iterable[State], truth: Any, **options: Any) -> None:
        for state in states:
            self.write(mirror, state, truth, **options)

    def note(self, work: Work) -> None:
        work.audit("tests.mirror", Target("test", "1", "a test"), "Mirrored something")


@contextmanager
def taken_back(connection: Connection) -> Iterator[Session]:
    """A look at what is written within, which is gone afterwards."""
    savepoint = connection.begin_nested()
    try:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
    finally:
        savepoint.rollback()


@pytest.fixture
def mirroring(database: Database, connection: Connection, session: Session) -> Mirroring:
    runtime = Runtime(Settings(secret_key="s" * 32), database, MovableClock(START))
    return Mirroring(runtime, connection)

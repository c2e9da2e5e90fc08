"""A runtime whose clock stands still, on a database that is put back."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.demo.seed.load import seed_database
from adminboard.demo.seed.progress import SeedProgress
from adminboard.figures.models import DailyMetric, Metric
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.db.templates import Addresses, opened_database
from tests.demo.plans import AS_OF, make_plan
from tests.factories import START

FIGURES = {
    "daily_metrics": "SELECT metric, day, dimension, value FROM daily_metrics",
    "business_call_days": "SELECT * FROM business_call_days",
    "business_figures": "SELECT business_id, calls_30d, 0 FROM business_figures",
    "user_figures": "SELECT user_id, calls_30d, 0 FROM user_figures",
}

NOW = START + timedelta(days=40)
"""24 February 2026, four in the morning in Los Angeles."""


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOW)


@pytest.fixture
def runtime(database: Database, clock: MovableClock) -> Runtime:
    return Runtime(Settings(), database, clock)


@pytest.fixture
def put(session: Session) -> Callable[..., Any]:
    """Makes a row that was written just before ``at``, or at `NOW`."""

    def put(make: Callable[..., Any], *, at: datetime = NOW, **fields: Any) -> Any:
        row = make(session, **{"created_at": at, **fields, "updated_at": at})
        session.flush()
        return row

    return put


def read_metric(session: Session, metric: Metric, dimension: str = "") -> dict[date, Decimal]:
    rows = session.execute(
        select(DailyMetric.day, DailyMetric.value).where(
            DailyMetric.metric == metric, DailyMetric.dimension == dimension
        )
    )
    return {row.day: row.value for row in rows}


@pytest.fixture
def seeded_runtime(fresh_addresses: Addresses) -> Iterator[Runtime]:
    """On a database filled with made-up data, at the moment it is of."""
    progress = SeedProgress(Console(file=StringIO()))
    seed_database(fresh_addresses.owner_url, make_plan(users=120, calls=4_000), progress, processes=1)
    with opened_database(fresh_addresses.app_url) as database:
        yield Runtime(Settings(), database, MovableClock(AS_OF))


@pytest.fixture
def figures_of() -> Callable[[Runtime], dict[str, list[Any]]]:
    """Reads all figures, without when they were counted."""

    def read(runtime: Runtime) -> dict[str, list[Any]]:
        with runtime.reading() as session:
            return {
                name: [tuple(row) for row in session.execute(text(f"{query} ORDER BY 1, 2, 3"))]
                for name, query in FIGURES.items()
            }

    return read


@pytest.fixture
def empty_figures(fresh_addresses: Addresses) -> Callable[[], None]:
    def empty() -> None:
        with opened_database(fresh_addresses.owner_url) as owner, owner.writing() as session:
            session.execute(text(f"TRUNCATE {', '.join(FIGURES)}, figures_state"))

    return empty

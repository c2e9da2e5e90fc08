"""What a page of a timeline costs, of a customer with few members and of two with 5,000 (docs/adr/0020).

``python -m benchmarks.timeline``: takes the data set ``bench`` and adds the large customers to it.
"""

import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

import psycopg
from pydantic import SecretStr

from adminboard.core.actor import system_actor
from adminboard.customers.timeline.entries import Kind
from adminboard.customers.timeline.places import read_place
from adminboard.customers.timeline.sources import NAMES
from adminboard.customers.timeline.stream import Page, Question, load_timeline
from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.plan import Size
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Environment, load_settings
from benchmarks.big_customer import find_customers
from benchmarks.dataset import opened_data_set

TIMES = 60
DEEP_PAGES = 12
READER = system_actor()


def main() -> None:
    """Prints a table of milliseconds: the least, the median and the 95th percentile."""
    with opened_data_set(Size.BENCH) as data:
        with psycopg.connect(psycopg_conninfo(data.owner_url), autocommit=True) as connection:
            customers = find_customers(connection)
        settings = load_settings(app_env=Environment.DEVELOPMENT, database_url=SecretStr(data.app_url))
        runtime = open_runtime(settings)
        try:
            for name, customer in customers.items():
                _measure_customer(runtime, name, customer)
        finally:
            runtime.dispose()


def _measure_customer(runtime: Runtime, name: str, customer: UUID) -> None:
    def load(question: Question) -> Page:
        with runtime.reading(READER) as session:
            return load_timeline(session, customer, question)

    cursor: str | None = None
    for _ in range(DEEP_PAGES):
        place = read_place(cursor, NAMES) if cursor else None
        cursor = load(Question(place=place, limit=200)).next_cursor or cursor
    deep = read_place(cursor, NAMES) if cursor else None
    pages = {
        "first": Question(),
        "deep": Question(place=deep),
        **{f"only {kind.value}": Question(frozenset({kind})) for kind in Kind},
        **{
            f"deep {kind.value}": Question(frozenset({kind}), place=deep) for kind in (Kind.CALL, Kind.CREDIT)
        },
    }
    for page, question in pages.items():
        least, median, most = _time(partial(load, question))
        print(f"{name:24} {page:16} {least:7.1f} ms {median:7.1f} ms {most:7.1f} ms")


def _time(ask: Callable[[], object]) -> tuple[float, float, float]:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1_000)
    taken.sort()
    return taken[0], taken[TIMES // 2], taken[TIMES * 95 // 100]


if __name__ == "__main__":
    main()

"""What the pages about one customer cost as a whole, of one with few members and of two with 5,000, and the
figures of the reconciliation, which are made of all subscriptions.

``python -m benchmarks.customers``: takes the data set ``bench`` and adds the large customers to it.
"""

from collections.abc import Iterator
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from adminboard.areas import AREAS
from adminboard.customers.page import customer_page
from adminboard.customers.timeline.entries import Kind
from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.plan import Size
from adminboard.web.record_page import tabs_of
from benchmarks.big_customer import find_customers
from benchmarks.client import Client
from benchmarks.dataset import opened_data_set
from benchmarks.measure import Alone, gets, measure_alone
from benchmarks.operations import CARDS, DETAIL_MS, FIRST
from benchmarks.servers import make_login, running_board, running_floor

REQUESTS = 60
RECONCILIATION = ("/reconciliation", "/reconciliation?result=different", "/reconciliation/cards")


def main() -> None:
    """Prints milliseconds: median and 95th percentile of each page, and whether it keeps the budget."""
    with (
        opened_data_set(Size.BENCH) as data,
        running_floor(data) as floor,
        running_board(data, worker=False) as board,
    ):
        with psycopg.connect(psycopg_conninfo(data.owner_url), autocommit=True) as connection:
            customers = find_customers(connection)
        headers = {"Cookie": make_login(data)}
        table = Table("page", "median", "p95", "", title=f"Budget {DETAIL_MS:.0f} ms")
        below = measure_alone(lambda: Client(floor.port), gets([FIRST]))
        _add(table, "the floor's list", below)
        for name, customer in customers.items():
            for label, address in _pages(customer):
                taken = measure_alone(lambda: Client(board.port), gets([address], headers), REQUESTS)
                _add(table, f"{name}: {label}", taken)
        for address in RECONCILIATION:
            extra = CARDS if address.endswith("cards") else {}
            taken = measure_alone(lambda: Client(board.port), gets([address], headers | extra), REQUESTS)
            _add(table, address, taken)
        Console(width=100).print(table)


def _pages(customer: UUID) -> Iterator[tuple[str, str]]:
    """Each tab of the customer's page, and the timeline of each kind alone."""
    tabs = [tab for area in AREAS for tab in area.record_tabs]
    for tab in tabs_of(customer_page, tabs):
        yield tab.label.lower(), customer_page.address(customer, tab)
    for kind in Kind:
        yield f"timeline, only {kind.value}", f"/customers/{customer}/timeline?kind={kind.value}"


def _add(table: Table, name: str, taken: Alone) -> None:
    is_kept = taken.p95_ms <= DETAIL_MS
    table.add_row(name, f"{taken.median_ms:.1f}", f"{taken.p95_ms:.1f}", "ok" if is_kept else "OVER")


if __name__ == "__main__":
    main()

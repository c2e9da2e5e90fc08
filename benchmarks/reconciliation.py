"""Compares many subscriptions with Stripe's stand-in, one in a hundred different in each way, and repairs.

``python -m benchmarks.reconciliation`` makes both sides anew, runs `adminboard reconcile` as a process of
its own, and says whether exactly what was planted was found, in how many calls, in what time and memory.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from sqlalchemy import insert

from adminboard import models
from adminboard.core.clock import SystemClock
from adminboard.db.embedded import APP_ROLE, EmbeddedServer
from adminboard.db.engine import Database, create_engine_for
from adminboard.db.prepare import prepare_schema
from adminboard.db.urls import psycopg_conninfo
from adminboard.reconciliation.models import DiscrepancyKind
from adminboard.stripe.fake import records
from adminboard.stripe.fake.app import make_standin_app
from adminboard.stripe.fake.serving import serving
from adminboard.stripe.fake.standin import StandIn
from benchmarks.dataset import FOLDER

SUBSCRIPTIONS = 100_000
SHARE = 100
"""One subscription in so many differs in each of the ways."""
CHUNK = 10_000
LOOKS_EVERY_SECONDS = 0.2
LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
START, END = LONG_AGO, LONG_AGO + timedelta(days=30)
LIST = "GET /v1/subscriptions"
Found = set[tuple[str, str]]
console = Console(width=150)


@dataclass
class Sides:
    """What is put into the database, and what into the stand-in."""

    standin: StandIn
    count: int
    organizations: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    customers: list[records.Customer] = field(default_factory=list)
    there: list[records.Subscription] = field(default_factory=list)
    planted: Found = field(default_factory=set)
    doubled: list[records.Subscription] = field(default_factory=list)

    def make(self) -> None:
        """Everything in step, then one in `SHARE` different in each way."""
        kinds = list(DIFFER)
        for number in range(self.count):
            there, row = self._twin(number)
            place = number % SHARE
            if place < len(kinds):
                kind = kinds[place]
                DIFFER[kind](self, number, there, row)
                named = there.customer if kind is DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS else there.id
                self.planted.add((kind.value, named))

    def _twin(self, number: int) -> tuple[records.Subscription, dict[str, Any]]:
        organization = UUID(int=number + 1)
        customer = records.Customer(id=f"cus_{number}", created=seconds(LONG_AGO), name=f"Customer {number}")
        there = subscription_of(number, customer.id)
        self.customers.append(customer)
        self.there.append(there)
        self.organizations.append(
            {
                "id": organization,
                "name": f"Customer {number}",
                "slug": f"customer-{number}",
                "stripe_customer_id": customer.id,
                "created_at": LONG_AGO,
                "updated_at": LONG_AGO,
            }
        )
        row = {
            "organization_id": organization,
            "plan_id": PLAN,
            "stripe_subscription_id": there.id,
            "stripe_item_id": there.items[0].id,
            "status": "active",
            "quantity": 3,
            "current_period_start": START,
            "current_period_end": END,
            "stripe_state_at": LONG_AGO,
            "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
        }
        self.rows.append(row)
        return there, row


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def subscription_of(number: int, customer: str, name: str = "sub") -> records.Subscription:
    item = records.SubscriptionItem(
        id=f"si_{name}{number}",
        created=seconds(LONG_AGO),
        subscription=f"{name}_{number}",
        price="price_growth",
        quantity=3,
        current_period_start=seconds(START),
        current_period_end=seconds(END),
    )
    return records.Subscription(
        id=f"{name}_{number}",
        created=seconds(LONG_AGO),
        customer=customer,
        currency="usd",
        status="active",
        start_date=seconds(LONG_AGO),
        billing_cycle_anchor=seconds(START),
        items=[item],
    )


PLAN, OTHER_PLAN = UUID(int=1), UUID(int=2)
Row = dict[str, Any]


def _status(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.status = "past_due"


def _quantity(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.items[0].quantity = 7


def _plan(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.items[0].price = "price_scale"


def _period(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.items[0].current_period_end += 86_400


def _ending(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.cancel_at_period_end = True


def _unknown_price(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.items[0].price = "price_new"


def _unknown_status(_: Sides, _number: int, there: records.Subscription, _row: Row) -> None:
    there.status = "hibernating"


def _missing_here(sides: Sides, _number: int, _there: records.Subscription, _row: Row) -> None:
    sides.rows.pop()


def _missing_there(sides: Sides, _number: int, _there: records.Subscription, _row: Row) -> None:
    sides.there.pop()


def _customer(sides: Sides, number: int, there: records.Subscription, _row: Row) -> None:
    """It belongs to a customer who has no other."""
    other = records.Customer(id=f"cus_other{number}", created=seconds(LONG_AGO))
    sides.customers.append(other)
    former = sides.organizations[-1]
    sides.organizations.append(
        {
            **former,
            "id": UUID(int=sides.count + number + 1),
            "slug": f"other-{number}",
            "stripe_customer_id": other.id,
        }
    )
    there.customer = other.id


def _doubled(sides: Sides, number: int, there: records.Subscription, _row: Row) -> None:
    second = subscription_of(number, there.customer, "second")
    sides.there.append(second)
    sides.doubled.append(second)


DIFFER: dict[DiscrepancyKind, Callable[[Sides, int, records.Subscription, Row], None]] = {
    DiscrepancyKind.STATUS: _status,
    DiscrepancyKind.QUANTITY: _quantity,
    DiscrepancyKind.PLAN: _plan,
    DiscrepancyKind.PERIOD: _period,
    DiscrepancyKind.CANCEL_AT_PERIOD_END: _ending,
    DiscrepancyKind.UNKNOWN_PRICE: _unknown_price,
    DiscrepancyKind.UNKNOWN_STATUS: _unknown_status,
    DiscrepancyKind.MISSING_HERE: _missing_here,
    DiscrepancyKind.MISSING_IN_STRIPE: _missing_there,
    DiscrepancyKind.CUSTOMER: _customer,
    DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS: _doubled,
}


def fill(sides: Sides, owner_url: str) -> None:
    """Both sides."""
    account = sides.standin.account
    for name in ("growth", "scale", "new"):
        account.products.add(records.Product(id=f"prod_{name}", name=name.title(), created=seconds(LONG_AGO)))
        account.prices.add(
            records.Price(
                id=f"price_{name}",
                product=f"prod_{name}",
                unit_amount=100,
                currency="usd",
                created=seconds(LONG_AGO),
            )
        )
    account.customers.load(sides.customers)
    account.subscriptions.load(sides.there)
    account.subscription_items.load(item for one in sides.there for item in one.items)
    plans = [
        {
            "id": plan,
            "name": name.title(),
            "slug": name,
            "stripe_product_id": f"prod_{name}",
            "stripe_price_id": f"price_{name}",
            "amount_cents": 100,
            "currency": "usd",
        }
        for plan, name in ((PLAN, "growth"), (OTHER_PLAN, "scale"))
    ]
    database = Database(create_engine_for(owner_url, statement_timeout_ms=0))
    with database.writing() as session:
        session.execute(insert(models.billing.Plan), plans)
        for table, rows in (
            (models.customers.Organization, sides.organizations),
            (models.billing.Subscription, sides.rows),
        ):
            for start in range(0, len(rows), CHUNK):
                session.execute(insert(table), rows[start : start + CHUNK])
    database.dispose()


@dataclass(frozen=True, slots=True)
class Told:
    """What one command did: its JSON, its time, the calls that Stripe was asked. ``memory`` is in MB."""

    answer: dict[str, Any]
    seconds: float
    calls: Counter[str]
    memory: float


@contextmanager
def opened_database(server: EmbeddedServer, name: str) -> Iterator[str]:
    if server.has_database(name):
        server.drop_database(name)
    server.create_database(name)
    prepare_schema(server.owner_url(name), APP_ROLE)
    yield name


def run(standin: StandIn, environment: dict[str, str], *command: str) -> Told:
    """One command as a process of its own. Raises `RuntimeError` when it could not do its work."""
    standin.calls.clear()
    began, most = time.perf_counter(), 0.0
    with TemporaryFile("w+") as said, TemporaryFile("w+") as complained:
        process = subprocess.Popen(
            [sys.executable, "-m", "adminboard", *command, "--json"],
            env={**os.environ, **environment},
            stdout=said,
            stderr=complained,
        )
        while process.poll() is None:
            most = max(most, read_peak_memory(process.pid))
            time.sleep(LOOKS_EVERY_SECONDS)
        took = time.perf_counter() - began
        for stream in (said, complained):
            stream.seek(0)
        answer = said.read()
        if process.returncode not in (0, 1) or not answer:
            raise RuntimeError(complained.read()[-2_000:])
    calls = Counter("GET /v1/subscriptions/…" if "/sub_" in call else call for call in standin.calls)
    return Told(json.loads(answer), took, calls, most)


def read_peak_memory(pid: int) -> float:
    """In MB, since the program began; what the system counts of children includes who started them."""
    try:
        with Path(f"/proc/{pid}/status").open(encoding="ascii") as status:
            peaks = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    except OSError:
        return 0
    return peaks[0] / 1_024 if peaks else 0


def read_open(app_url: str) -> Found:
    with psycopg.connect(psycopg_conninfo(app_url)) as connection:
        rows = connection.execute(
            "SELECT kind, coalesce(stripe_subscription_id, stripe_customer_id) FROM board.discrepancies "
            "WHERE status = 'open'"
        )
        return {(str(kind), str(named)) for kind, named in rows}


def measure(count: int) -> bool:
    """Compares, repairs, settles what is for people, and compares again; True when all is as it must be."""
    standin = StandIn(SystemClock())
    sides = Sides(standin, count)
    sides.make()
    with (
        EmbeddedServer.start(FOLDER) as server,
        opened_database(server, "bench_reconciliation") as name,
        serving(make_standin_app(standin)) as url,
    ):
        fill(sides, server.owner_url(name))
        console.print(f"{count:,} subscriptions, {len(sides.planted):,} differences")
        environment = {
            "APP_ENV": "development",
            "DATABASE_URL": server.app_url(name),
            "SECRET_KEY": "benchmark-" + "s" * 40,
            "STRIPE_API_KEY": "sk_test_benchmark",
            "STRIPE_WEBHOOK_SECRET": "whsec_benchmark",
            "STRIPE_API_BASE": url,
            "STRIPE_CALLS_PER_SECOND": "1000",
        }
        results: list[bool] = []

        def note(step: str, told: Told, expected: Found, calls: int | None = None) -> None:
            found = read_open(server.app_url(name))
            is_right = found == expected and calls in (None, told.calls[LIST])
            results.append(is_right)
            asked = ", ".join(f"{number:,} × {call}" for call, number in told.calls.items())
            console.print(
                f"{step}: {told.seconds:.1f} s, {asked}, {len(found):,} differ, "
                f"at most {told.memory:.0f} MB, {'as it must be' if is_right else 'NOT AS IT MUST BE'}",
                markup=False,
            )

        pages = -(-len(sides.there) // 100)
        left = {item for item in sides.planted if item[0] in FOR_PEOPLE}
        note("compare", run(standin, environment, "reconcile"), sides.planted, pages)
        note("compare and repair", run(standin, environment, "reconcile", "--fix"), left, pages)
        note("compare again", run(standin, environment, "reconcile"), left, pages)
        for second in sides.doubled:
            second.status = "canceled"
        run(standin, environment, "plans", "sync")
        note(
            "with one live each, and the plan", run(standin, environment, "reconcile", "--fix"), set(), pages
        )
        note("compare at last", run(standin, environment, "reconcile"), set(), pages)
    return all(results)


FOR_PEOPLE = {DiscrepancyKind.UNKNOWN_PRICE.value, DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS.value}


def main() -> None:
    """The entry point: ``python -m benchmarks.reconciliation``. Exits with 1 when anything is not as it must
    be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=SUBSCRIPTIONS)
    wanted = parser.parse_args()
    sys.exit(0 if measure(wanted.subscriptions) else 1)


if __name__ == "__main__":
    main()

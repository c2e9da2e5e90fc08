"""Measures the intake of Stripe's events with the worker on: a steady stream, then a burst that drains.

``python -m benchmarks.webhooks``. Budgets (docs/PERFORMANCE.md): 1,000 signed events a second for 30 seconds,
none lost, none applied twice; a burst of 50,000 drains. On a database of its own, which is gone afterwards.
"""

import argparse
import asyncio
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.client import Client
from benchmarks.dataset import DataSet, opened_own_data_set
from benchmarks.servers import WEBHOOK_SECRET, make_login, running_board, running_worker
from benchmarks.webhook_events import Signed, Teller

CONNECTIONS = 128
"""Stripe waits for no answer before it sends the next event; with few connections one would measure them."""
PAGE = "/users"
PAGE_PAUSE_SECONDS = 0.2
LOOK_SECONDS = 1.0
RESULTS = Path(__file__).parent / "results"
console = Console(width=120)


@dataclass(frozen=True, slots=True)
class Sending:
    """How sending went: answers by status, milliseconds until answered, events a second."""

    sent: int
    statuses: dict[int, int]
    seconds: float
    rate: float
    median_ms: float
    p99_ms: float


@dataclass
class PageVisitor:
    """Somebody who looks at a page meanwhile."""

    port: int
    cookie: str
    took_ms: list[float] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "PageVisitor":
        self._thread = threading.Thread(target=self._visit)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _visit(self) -> None:
        client = Client(self.port, {"Cookie": self.cookie})
        while not self._stop.wait(PAGE_PAUSE_SECONDS):
            answer = client.get(PAGE)
            assert answer.status == 200, answer.status
            self.took_ms.append(answer.seconds * 1e3)

    def at_share_ms(self, share: float) -> float:
        """What this share of the visits took at most."""
        return at_share(self.took_ms, share)


async def send(port: int, events: Sequence[Signed], rate: float | None) -> Sending:
    """Posts the events on `CONNECTIONS` kept connections: each when its turn comes, or all at once."""
    turn = iter(enumerate(events))
    took: list[float] = []
    statuses: dict[int, int] = {}
    began = time.perf_counter()

    async def use_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, event in turn:
            if rate is not None:
                await asyncio.sleep(began + number / rate - time.perf_counter())
            asked_at = time.perf_counter()
            writer.write(event.request)
            status = await _read_status(reader)
            took.append((time.perf_counter() - asked_at) * 1e3)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(use_connection() for _ in range(CONNECTIONS)))
    seconds = time.perf_counter() - began
    return Sending(
        len(events), statuses, seconds, len(events) / seconds, at_share(took, 0.5), at_share(took, 0.99)
    )


async def _read_status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(line for line in head.split("\r\n") if line.lower().startswith("content-length"))
    await reader.readexactly(int(length.partition(":")[2]))
    return int(head.split(" ", 2)[1])


def wait_until_applied(data: DataSet, prefix: str) -> float:
    """Seconds until none of the events is due any more."""
    began = time.perf_counter()
    with data.connect() as connection:
        while left := _count(connection, f"stripe_event_id LIKE '{prefix}%' AND next_attempt_at IS NOT NULL"):
            console.print(f"  {left:,} to be applied", end="\r")
            time.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


def check_once_each(data: DataSet, prefix: str, sent: int) -> None:
    """Raises unless each event was kept, and applied exactly once by the audit log."""
    with data.connect() as connection:
        kept = _count(connection, f"stripe_event_id LIKE '{prefix}%'")
        applied = _count(
            connection,
            f"stripe_event_id LIKE '{prefix}%' AND processing_status = 'processed' AND attempts = 1",
        )
        entries = "SELECT count(*), count(DISTINCT target_id) FROM board.audit_entries WHERE action = %s"
        [(all_entries, targets)] = connection.execute(entries, ["webhooks.apply"]).fetchall()
    found = {"kept": kept, "applied": applied, "entries": all_entries, "events with an entry": targets}
    if set(found.values()) != {sent}:
        raise AssertionError(f"{sent:,} were sent: {found}")


def _count(connection: psycopg.Connection, condition: str) -> int:
    [(found,)] = connection.execute(f"SELECT count(*) FROM billing_events WHERE {condition}").fetchall()
    return int(found)


def at_share(values: Sequence[float], share: float) -> float:
    """The value that this share of all is below."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def cpu_ms(process: psutil.Process) -> float:
    """How long the process and its children have kept a core busy: says more than the clock where others
    share the machine."""
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(float(each.user + each.system) for each in times) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--burst", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=2, help="of the board, as many as cores")
    wanted = parser.parse_args()
    with opened_own_data_set("webhooks") as data:
        with data.session() as session:
            teller = Teller(session, WEBHOOK_SECRET)
        cookie = make_login(data)
        with (
            running_board(data, processes=wanted.processes, worker=False) as board,
            running_worker(data) as worker,
        ):
            found = measure(data, teller, board.port, cookie, wanted)
            found["memory of the board, MB"] = board.memory_mb()
            found["CPU of the board, ms an event"] = cpu_ms(board.process) / found["events"]
            found["CPU of the worker, ms an event"] = cpu_ms(worker) / found["events"]
    report(found)


def measure(
    data: DataSet, teller: Teller, port: int, cookie: str, wanted: argparse.Namespace
) -> dict[str, Any]:
    asyncio.run(send(port, list(teller.tell(50)), None))
    wait_until_applied(data, teller.prefix)
    steady = list(teller.tell(int(wanted.rate * wanted.seconds)))
    with PageVisitor(port, cookie) as visitor:
        stream = asyncio.run(send(port, steady, wanted.rate))
    after_stream = wait_until_applied(data, teller.prefix)
    burst, burst_drained = None, 0.0
    if wanted.burst:
        burst = asyncio.run(send(port, list(teller.tell(wanted.burst)), None))
        burst_drained = wait_until_applied(data, teller.prefix)
    events = 50 + len(steady) + (burst.sent if burst else 0)
    check_once_each(data, teller.prefix, events)
    return {
        "events": events,
        "stream": asdict(stream),
        "page meanwhile, median ms": visitor.at_share_ms(0.5),
        "page meanwhile, p95 ms": visitor.at_share_ms(0.95),
        "applied after the stream, s": after_stream,
        "burst": asdict(burst) if burst else None,
        "applied after the burst, s": burst_drained,
    }


def report(found: dict[str, Any]) -> None:
    table = Table("", "", title="Webhook intake")
    for name, value in found.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, figure in parts:
            shown = f"{figure:,.1f}" if isinstance(figure, float) else str(figure)
            table.add_row(f"{name} {part}".strip(), shown)
    console.print(table)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-webhooks.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    console.print(f"Kept in {path}. None was lost, none was applied twice.")


if __name__ == "__main__":
    main()

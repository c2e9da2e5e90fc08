"""Measures the intake of Stripe's events with the worker on: a steady stream, then a burst that drains.

``python -m benchmarks.webhooks``. Budgets (docs/PERFORMANCE.md): 1,000 signed events a second for 30 seconds,
none lost, none applied twice; a burst of 50,000 drains. On a database of its own, which is gone afterwards.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.dataset import DataSet, opened_own_data_set
from benchmarks.meanwhile import Processors, cores_table, cpu_seconds, pages_table
from benchmarks.servers import (
    WEBHOOK_SECRET,
    Server,
    make_login,
    running_board,
    running_intake,
    running_worker,
)
from benchmarks.visitor import Visitor, at_share, find_kinds, visit_idle
from benchmarks.webhook_events import Signed, Teller

T = TypeVar("T")

CONNECTIONS = 128
"""Stripe waits for no answer before it sends the next event; with few connections one would measure them."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--burst", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=2, help="of the board, as many as cores")
    parser.add_argument(
        "--together", action="store_false", dest="apart", help="events go to the processes that draw pages"
    )
    wanted = parser.parse_args()
    with opened_own_data_set("webhooks") as data:
        with data.session() as session:
            teller = Teller(session, WEBHOOK_SECRET)
        cookie = make_login(data)
        with (
            running_board(data, processes=wanted.processes, worker=False) as board,
            running_intake(data) if wanted.apart else nullcontext(board) as intake,
            running_worker(data) as worker,
        ):
            found = Measurement(data, teller, board, intake, worker, cookie).take(wanted)
    report(found)


@dataclass
class Measurement:
    """A board and a worker under events, which go to ``intake``, and somebody who looks at pages."""

    data: DataSet
    teller: Teller
    board: Server
    intake: Server
    worker: psutil.Process
    cookie: str

    def take(self, wanted: argparse.Namespace) -> dict[str, Any]:
        """Everything that is measured, by name. Raises where an event was lost or applied twice."""
        self._send_all(50)
        self._wait()
        self._kinds = find_kinds(self.data)
        idle = visit_idle(self.board, self.cookie, self._kinds)
        steady = list(self.teller.tell(int(wanted.rate * wanted.seconds)))
        worker_before = cpu_seconds(self.worker)
        stream, pages_sent, cores_sent = self._visited(lambda: self._send(steady, wanted.rate))
        after_stream, pages_applied, cores_applied = self._visited(self._wait)
        burst = self._send_all(wanted.burst) if wanted.burst else None
        burst_drained = self._wait()
        applied = len(steady) + wanted.burst
        check_once_each(self.data, self.teller.prefix, 50 + applied)
        return {
            "events": applied,
            "stream": asdict(stream),
            "applied after the stream, s": after_stream,
            "burst": asdict(burst) if burst else None,
            "applied after the burst, s": burst_drained,
            "memory of the board, MB": self.board.memory_mb(),
            "CPU of the worker, ms an event": (cpu_seconds(self.worker) - worker_before) / applied * 1e3,
            "pages": {
                "idle": idle.as_data(),
                "while events come": pages_sent.as_data(),
                "while they are applied": pages_applied.as_data(),
            },
            "cores": {
                "while events come": cores_sent.cores,
                "while they are applied": cores_applied.cores,
            },
        }

    def _visited(self, do: Callable[[], T]) -> tuple[T, Visitor, Processors]:
        named = {"board": self.board.process, "worker": self.worker, "sender": psutil.Process()}
        if self.intake is not self.board:
            named["intake"] = self.intake.process
        looking = Visitor(self.board, self.cookie, self._kinds)
        with looking as visitor, Processors(self.data, named, visitor) as processors:
            done = do()
        return done, visitor, processors

    def _send(self, events: Sequence[Signed], rate: float | None) -> Sending:
        return asyncio.run(send(self.intake.port, events, rate))

    def _send_all(self, how_many: int) -> Sending:
        return self._send(list(self.teller.tell(how_many)), None)

    def _wait(self) -> float:
        return wait_until_applied(self.data, self.teller.prefix)


def report(found: dict[str, Any]) -> None:
    table = Table("", "", title="Webhook intake")
    for name, value in found.items():
        if name in ("pages", "cores"):
            continue
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, figure in parts:
            shown = f"{figure:,.1f}" if isinstance(figure, float) else str(figure)
            table.add_row(f"{name} {part}".strip(), shown)
    console.print(table)
    console.print(pages_table(found["pages"]))
    console.print(cores_table(found["cores"]))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-webhooks.json"
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    console.print(f"Kept in {path}. None was lost, none was applied twice.")


if __name__ == "__main__":
    main()

"""Measures a file of credit adjustments: upload, check and run, and how long single changes wait meanwhile.

``python -m benchmarks.imports --rows 100000``. Budgets (docs/PERFORMANCE.md): 100,000 rows are checked within
two minutes and run within five, and memory does not grow with them.
"""

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar
from uuid import UUID

from pydantic import SecretStr
from rich.console import Console

from adminboard.app import make_board
from adminboard.bulk.commands import NameRun
from adminboard.bulk.following import follow
from adminboard.bulk.queries import RunDetail
from adminboard.bulk.upload import upload
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import command_line_actor
from adminboard.core.commands import parse_command
from adminboard.demo.seed.plan import Size
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Environment, load_settings
from adminboard.worker import make_run_advancer
from benchmarks.dataset import DataSet, opened_data_set

T = TypeVar("T")
ACTOR = command_line_actor("benchmark")
REASON = "Measured by the benchmark"
CODES = frozenset({"large_amount", "negative_balance", "duplicate_rows"})
PAUSE_SECONDS = 0.1
console = Console(width=120)


@dataclass
class SingleChanges:
    """Somebody who adjusts one balance after another while the run goes on."""

    runtime: Runtime
    user_ids: list[str]
    took_ms: list[float] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)

    def __enter__(self) -> "SingleChanges":
        self._thread = Thread(target=self._change)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _change(self) -> None:
        runner = make_board(self.runtime).runner
        action = runner.actions.get("credits.adjust")
        number = 0
        while not self._stop.wait(PAUSE_SECONDS):
            user = self.user_ids[number % len(self.user_ids)]
            number += 1
            command = parse_command(action.command, {"user": user, "amount": "1.00", "reason": REASON})
            begun = time.perf_counter()
            runner.run(ACTOR, action, command, Confirmation(acknowledged=CODES))
            self.took_ms.append((time.perf_counter() - begun) * 1_000)

    def words(self) -> str:
        took = sorted(self.took_ms)
        if not took:
            return "no single change was made meanwhile"
        at = {
            name: took[min(int(len(took) * share), len(took) - 1)]
            for name, share in (("p50", 0.5), ("p99", 0.99))
        }
        figures = ", ".join(f"{name} {value:,.0f} ms" for name, value in at.items())
        return f"{len(took)} single changes meanwhile: {figures}, longest {took[-1]:,.0f} ms"


def main() -> None:
    """The entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--size", default=Size.BENCH.value, choices=list(Size))
    wanted = parser.parse_args()
    with opened_data_set(Size(wanted.size)) as data:
        settings = load_settings(
            app_env=Environment.DEVELOPMENT,
            database_url=SecretStr(data.app_url),
            secret_key=SecretStr("b" * 48),
        )
        runtime = open_runtime(settings)
        try:
            measure(data, runtime, wanted.rows)
        finally:
            runtime.dispose()


def measure(data: DataSet, runtime: Runtime, rows: int) -> None:
    """Sends a file of so many rows over as many users as there are, and prints what each part took."""
    user_ids = list_users(data, rows)
    run_id = timed("upload", rows, lambda: send(runtime, user_ids, rows))
    check = timed("check", rows, lambda: follow_quietly(runtime, run_id))
    assert check.rows_ready == rows, check
    runner = make_board(runtime).runner
    with SingleChanges(runtime, user_ids) as singles:
        runner.run(
            ACTOR, runner.actions.get("bulk.start"), NameRun(run=run_id), Confirmation(acknowledged=CODES)
        )
        done = timed("run", rows, lambda: follow_quietly(runtime, run_id))
    assert done.rows_done == rows, done
    console.print(singles.words())
    console.print(f"memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


def list_users(data: DataSet, rows: int) -> list[str]:
    """Ids of active users, at most as many as there are rows."""
    with data.connect() as connection:
        found = connection.execute("SELECT id FROM users WHERE is_active ORDER BY random() LIMIT %s", [rows])
        return [str(row[0]) for row in found]


def send(runtime: Runtime, user_ids: list[str], rows: int) -> UUID:
    with tempfile.NamedTemporaryFile("w+", newline="", suffix=".csv") as file:
        writer = csv.writer(file)
        writer.writerow(["user", "amount", "reason"])
        for number in range(rows):
            amount = "-1.00" if number % 4 == 0 else "1.25"
            writer.writerow([user_ids[number % len(user_ids)], amount, f"{REASON} {number}"])
        file.flush()
        with Path(file.name).open("rb") as sent, runtime.work(ACTOR) as work:
            action = make_board(runtime).runner.actions.get("credits.adjust")
            return upload(work, action, sent, "benchmark.csv")[0].id


def follow_quietly(runtime: Runtime, run_id: UUID) -> RunDetail:
    return follow(runtime, make_run_advancer(runtime), run_id, lambda _: None)


def timed(words: str, rows: int, do: Callable[[], T]) -> T:
    begun, worked = time.perf_counter(), time.process_time()
    result = do()
    took, worked = time.perf_counter() - begun, time.process_time() - worked
    console.print(f"{words}: {took:,.1f} s, {rows / took:,.0f} rows a second, {worked:,.1f} s of processor")
    return result


if __name__ == "__main__":
    main()

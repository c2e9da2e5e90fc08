"""Measures a file of credit adjustments: upload, check and run, and how pages and changes do meanwhile.

``python -m benchmarks.imports --rows 100000``. Budgets (docs/PERFORMANCE.md): 100,000 rows are checked within
two minutes and run within five, pages keep to theirs, and memory does not grow with the rows.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psutil
from pydantic import SecretStr
from rich.console import Console

from adminboard.app import make_board
from adminboard.bulk.commands import NameRun
from adminboard.bulk.queries import RunDetail, get_run_detail
from adminboard.bulk.upload import upload
from adminboard.core.action_runner import Confirmation
from adminboard.core.actor import command_line_actor
from adminboard.demo.seed.plan import Size
from adminboard.runtime import Runtime, open_runtime
from adminboard.settings import Environment, load_settings
from benchmarks.dataset import DataSet, opened_data_set
from benchmarks.meanwhile import Processors, cores_table, cpu_seconds, pages_table
from benchmarks.servers import Server, make_login, running_board, running_worker
from benchmarks.visitor import Visitor, find_kinds, visit_idle

T = TypeVar("T")
ACTOR = command_line_actor("benchmark")
REASON = "Measured by the benchmark"
CODES = frozenset({"large_amount", "negative_balance", "duplicate_rows"})
LOOK_SECONDS = 0.5
console = Console(width=150)


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
        cookie = make_login(data)
        try:
            with running_board(data, worker=False) as board, running_worker(data) as worker:
                Measurement(data, runtime, board, worker, cookie).take(wanted.rows)
        finally:
            runtime.dispose()


@dataclass
class Measurement:
    """A board, a worker that has a file to work through, and somebody who looks at pages meanwhile."""

    data: DataSet
    runtime: Runtime
    board: Server
    worker: psutil.Process
    cookie: str
    pages: dict[str, Any] = field(default_factory=dict)
    cores: dict[str, Any] = field(default_factory=dict)
    _most_mb: float = 0.0

    def take(self, rows: int) -> None:
        """Sends a file of so many rows over as many users as there are, and prints what each part took."""
        user_ids = list_users(self.data, rows)
        self._kinds = find_kinds(self.data)
        self.pages["idle"] = visit_idle(self.board, self.cookie, self._kinds).as_data()
        check = self._timed("check", rows, lambda: self._follow(send(self.runtime, user_ids, rows)))
        assert check.rows_ready == rows, check
        done = self._timed("run", rows, lambda: self._follow(self._start(check.id)))
        assert done.rows_done == rows, done
        console.print(pages_table(self.pages))
        console.print(cores_table(self.cores))

    def _timed(self, words: str, rows: int, do: Callable[[], T]) -> T:
        named = {"board": self.board.process, "worker": self.worker, "this program": psutil.Process()}
        looking = Visitor(self.board, self.cookie, self._kinds)
        with looking as visitor, Processors(self.data, named, visitor) as processors:
            begun, worked = time.perf_counter(), cpu_seconds(self.worker)
            result = do()
            took, worked = time.perf_counter() - begun, cpu_seconds(self.worker) - worked
        self.pages[words], self.cores[words] = visitor.as_data(), processors.cores
        memory = f"memory at most {self._most_mb:,.0f} MB, the board's {self.board.memory_mb():,.0f} MB"
        console.print(
            f"{words}: {took:,.1f} s, {rows / took:,.0f} rows a second; the worker's processor "
            f"{worked:,.1f} s, its {memory}"
        )
        return result

    def _start(self, run_id: UUID) -> UUID:
        runner = make_board(self.runtime).runner
        confirmation = Confirmation(acknowledged=CODES)
        runner.run(ACTOR, runner.actions.get("bulk.start"), NameRun(run=run_id), confirmation)
        return run_id

    def _follow(self, run_id: UUID) -> RunDetail:
        """Looks until the worker has nothing more to do for the run."""
        while True:
            self._most_mb = max(self._most_mb, self.worker.memory_info().rss / 1e6)
            with self.runtime.reading() as session:
                run = get_run_detail(session, run_id)
            if not run.is_advancing:
                return run
            time.sleep(LOOK_SECONDS)


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


if __name__ == "__main__":
    main()

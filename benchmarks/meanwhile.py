"""Who keeps the machine's processors busy while something is measured, and the tables of what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

import psutil
from rich.table import Table

from benchmarks.dataset import DataSet
from benchmarks.visitor import Visitor

_CONNECTIONS = "SELECT pid, application_name FROM pg_stat_activity WHERE backend_type = 'client backend'"
HEADINGS = ("visits", "median", "p95", "longest", "budget", "board's median", "p95", "in budget")


class Processors:
    """What each of the named processes, its children included, takes of the processors within the block, and
    PostgreSQL, whose connections are told apart by the names they gave."""

    def __init__(self, data: DataSet, named: Mapping[str, psutil.Process], visitor: Visitor) -> None:
        self._data, self._named = data, {**named, "visitor": visitor.process}
        self.cores: dict[str, float] = {}
        """How many cores each kept busy on average."""

    def __enter__(self) -> Processors:
        self._before, self._began = self._look(), time.perf_counter()
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if error is not None:
            return
        seconds, after = time.perf_counter() - self._began, self._look()
        self.cores = {name: (used - self._before.get(name, 0.0)) / seconds for name, used in after.items()}

    def _look(self) -> dict[str, float]:
        own = {name: cpu_seconds(process) for name, process in self._named.items()}
        return own | self._look_at_server() | {"all of the machine": _busy_seconds()}

    def _look_at_server(self) -> dict[str, float]:
        found: dict[str, float] = {}
        with self._data.connect() as connection:
            statement = (
                "SELECT pid, application_name FROM pg_stat_activity WHERE backend_type = 'client backend'"
            )
            names: dict[int, str] = dict(connection.execute(statement).fetchall())
            server = psutil.Process(connection.info.backend_pid).parent()
            assert server is not None
            for process in server.children():
                name = (
                    f"PostgreSQL for {names[process.pid]}" if names.get(process.pid) else "PostgreSQL, other"
                )
                with suppress(psutil.NoSuchProcess):
                    found[name] = found.get(name, 0.0) + cpu_seconds(process)
        return found


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    idle: float = times.idle + getattr(times, "iowait", 0.0)
    return float(sum(times[:8]) - idle)


def cpu_seconds(process: psutil.Process) -> float:
    """How long the process and its children have kept a core busy: says more than the clock where others
    share the machine. This very process is counted without its children, which are others'."""
    children = [] if process == psutil.Process() else process.children(recursive=True)
    times = [one.cpu_times() for one in (process, *children)]
    return sum(float(each.user + each.system) for each in times)


def pages_table(pages: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    """How long each kind of page took, idle and under each load."""
    table = Table(title="pages, milliseconds")
    for heading in ("", "kind"):
        table.add_column(heading)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")
    for when, kinds in pages.items():
        for place, waited in enumerate(kinds):
            times = ("median_ms", "p95_ms", "longest_ms", "budget_ms", "board_median_ms", "board_p95_ms")
            figures = [f"{waited[name]:.1f}" for name in times]
            share = f"{waited['board_within_budget']:.0%}"
            table.add_row("" if place else when, waited["name"], str(waited["visits"]), *figures, share)
    return table


def cores_table(cores: Mapping[str, Mapping[str, float]]) -> Table:
    """Who kept how many cores busy under each load."""
    table = Table("", *cores, title="cores kept busy")
    for name in dict.fromkeys(name for each in cores.values() for name in each):
        table.add_row(name, *(f"{each.get(name, 0.0):.2f}" for each in cores.values()))
    return table

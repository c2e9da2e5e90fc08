"""Measuring an export: against PostgreSQL's own COPY of the same query, with the server's memory."""

import threading
import time
from dataclasses import dataclass

from pydantic import SecretStr

from adminboard.core.actor import command_line_actor
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.query import read_query
from adminboard.runtime import open_runtime
from adminboard.settings import Environment, load_settings
from adminboard.users.listing import users
from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.measure import Alone, gets, measure_alone
from benchmarks.servers import Server


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Seconds of the board and of COPY, the most memory the server took on, and pages meanwhile."""

    seconds: float
    copy_seconds: float
    megabytes: float
    grown_mb: float
    peak_mb: float
    pages_meanwhile: Alone


def measure_export(data: DataSet, server: Server, cookie: str) -> ExportResult:
    """Exports all users once, while another user turns pages."""
    copy_seconds = _copy_seconds(data.app_url)
    before = peak = server.memory_mb()
    done = threading.Event()
    outcome: list[tuple[int, float]] = []

    def export() -> None:
        outcome.append(Client(server.port, {"Cookie": cookie}).drain("/users/export.csv"))
        done.set()

    thread = threading.Thread(target=export)
    thread.start()
    pages = measure_alone(lambda: Client(server.port, {"Cookie": cookie}), gets(["/users"]), 50)
    while not done.wait(0.05):
        peak = max(peak, server.memory_mb())
    thread.join()
    size, seconds = outcome[0]
    return ExportResult(seconds, copy_seconds, size / 1e6, peak - before, peak, pages)


def _copy_seconds(url: str) -> float:
    """How long PostgreSQL's COPY of the very query of the export takes, without the board's server."""
    settings = load_settings(app_env=Environment.DEVELOPMENT, database_url=SecretStr(url))
    runtime, actor = open_runtime(settings), command_line_actor("benchmark")
    try:
        with runtime.exporting(actor) as session:
            statement = export_statement(session, users, read_query(users, {}, actor, runtime.clock.now()))
            began = time.perf_counter()
            for _ in stream_csv(session, statement):
                pass
            return time.perf_counter() - began
    finally:
        runtime.dispose()

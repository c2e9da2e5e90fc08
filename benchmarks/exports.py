"""Measuring an export: against PostgreSQL's own COPY of the same query, with the server's memory."""

import threading
import time
from dataclasses import dataclass
from urllib.parse import parse_qs

from adminboard.calls.listing import calls
from adminboard.core.actor import command_line_actor
from adminboard.core.listings import Listing
from adminboard.core.listings.export import export_statement, stream_csv
from adminboard.core.listings.query import read_query
from adminboard.users.listing import users
from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.measure import Alone, gets, measure_alone
from benchmarks.servers import Server

MOST_CALLS = 2_000_000


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Seconds of the board and of COPY, the most memory the server took on, and pages meanwhile."""

    name: str
    seconds: float
    copy_seconds: float
    megabytes: float
    grown_mb: float
    peak_mb: float
    pages_meanwhile: Alone


def measure_exports(data: DataSet, server: Server, cookie: str) -> list[ExportResult]:
    """All users, and about 2,000,000 calls, each once, while another user turns pages."""
    day = _last_day_of_calls(data)
    return [
        _measure(data, server, cookie, "all users", users, ""),
        _measure(data, server, cookie, f"calls to {day}", calls, f"started_to={day}"),
    ]


def _last_day_of_calls(data: DataSet) -> str:
    """Until when there are about `MOST_CALLS` calls."""
    with data.connect() as connection:
        row = connection.execute(
            "SELECT (array_agg(day ORDER BY day DESC))[1] FROM ("
            "SELECT day, sum(sum(calls)) OVER (ORDER BY day) AS so_far FROM board.business_call_days "
            "GROUP BY day) AS days WHERE so_far <= %s",
            [MOST_CALLS],
        ).fetchone()
    assert row is not None
    return str(row[0])


def _measure(
    data: DataSet, server: Server, cookie: str, name: str, listing: Listing, query: str
) -> ExportResult:
    copy_seconds = _copy_seconds(data, listing, query)
    before = peak = server.memory_mb()
    done = threading.Event()
    outcome: list[tuple[int, float]] = []

    def export() -> None:
        address = f"{listing.path}/export.csv?{query}"
        outcome.append(Client(server.port, {"Cookie": cookie}).drain(address))
        done.set()

    thread = threading.Thread(target=export)
    thread.start()
    pages = measure_alone(lambda: Client(server.port, {"Cookie": cookie}), gets(["/users"]), 50)
    while not done.wait(0.05):
        peak = max(peak, server.memory_mb())
    thread.join()
    size, seconds = outcome[0]
    return ExportResult(name, seconds, copy_seconds, size / 1e6, peak - before, peak, pages)


def _copy_seconds(data: DataSet, listing: Listing, query: str) -> float:
    """How long PostgreSQL's COPY of the very query of the export takes, without the board's server."""
    actor = command_line_actor("benchmark")
    with data.exporting() as (session, now):
        asked = read_query(listing, parse_qs(query), actor, now)
        statement = export_statement(session, listing, asked)
        began = time.perf_counter()
        for _ in stream_csv(session, statement):
            pass
        return time.perf_counter() - began

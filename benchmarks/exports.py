"""Measuring an export: against PostgreSQL's own COPY of the same query, with the server's memory."""

import threading
import time
from dataclasses import dataclass

import psycopg

from benchmarks.client import Client
from benchmarks.measure import Alone, gets, measure_alone
from benchmarks.servers import Server

_SAME_QUERY = """
    COPY (
        SELECT u.email, u.full_name, p.name, u.is_active, u.created_at, b.total, f.calls_30d, u.last_login_at
        FROM users u
        LEFT JOIN subscriptions ON subscriptions.organization_id = u.organization_id
            AND subscriptions.status NOT IN ('canceled', 'incomplete_expired')
        LEFT JOIN plans p ON p.id = subscriptions.plan_id
        LEFT JOIN credit_balances b ON b.user_id = u.id
        LEFT JOIN board.user_figures f ON f.user_id = u.id
        ORDER BY u.created_at DESC, u.id DESC
    ) TO STDOUT (FORMAT csv, HEADER)
"""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """Seconds of the board and of COPY, the most memory the server took on, and pages meanwhile."""

    seconds: float
    copy_seconds: float
    megabytes: float
    grown_mb: float
    peak_mb: float
    pages_meanwhile: Alone


def measure_export(connection: psycopg.Connection, server: Server, cookie: str) -> ExportResult:
    """Exports all users once, while another user turns pages."""
    began = time.perf_counter()
    with connection.cursor().copy(_SAME_QUERY) as copy:
        for _ in copy:
            pass
    copy_seconds = time.perf_counter() - began
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

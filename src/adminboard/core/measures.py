"""What a process counts of itself for Prometheus: requests, statements, jobs, and its pool of connections.

Labels are bounded: templates of routes, names of jobs, words of small sets; never an address, an id, a name.
Several processes that serve together write to one folder (`FOLDER_VARIABLE`, which must be set before this is
imported), and whichever is asked adds them up.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import Engine, QueuePool, event

from adminboard.core.statements import OTHER, name_statement

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MEASURES = CollectorRegistry()
UNMATCHED = "unmatched"
FAILED = "failed"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUICK = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
USUAL = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0)
LONG = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0)
_STARTED = "statement_started"

requests = Counter(
    "adminboard_requests", "Requests answered", ["route", "method", "status"], registry=MEASURES
)
request_seconds = Histogram(
    "adminboard_request_seconds",
    "From the request's first byte to its answer's last",
    ["route", "method"],
    buckets=USUAL,
    registry=MEASURES,
)
query_seconds = Histogram(
    "adminboard_query_seconds",
    "Statements sent through the pool, and how long each took to be carried out",
    ["statement"],
    buckets=QUICK,
    registry=MEASURES,
)
jobs = Counter("adminboard_jobs", "Jobs ended", ["task", "outcome"], registry=MEASURES)
job_seconds = Histogram(
    "adminboard_job_seconds", "How long each job took", ["task"], buckets=LONG, registry=MEASURES
)
pool_in_use = Gauge(
    "adminboard_pool_connections_in_use",
    "Connections of the pool that are in use",
    ["pool"],
    multiprocess_mode="livesum",
    registry=MEASURES,
)
pool_limit = Gauge(
    "adminboard_pool_connections_limit",
    "Connections the pool may have",
    ["pool"],
    multiprocess_mode="livesum",
    registry=MEASURES,
)


def note_request(route: str | None, method: str, status: int, seconds: float) -> None:
    """``route`` is the template of the address, None for one that no route has."""
    method = name_method(method)
    requests.labels(route or UNMATCHED, method, str(status)).inc()
    request_seconds.labels(route or UNMATCHED, method).observe(seconds)


def name_method(method: str) -> str:
    """The method of a request, of a small set."""
    return method if method in METHODS else OTHER


def expect_jobs(names: Iterable[str]) -> None:
    """Begins the counts of these jobs at 0: Prometheus sees no increase in a count that begins at 1, so the
    first failure of a job that runs once a night would go unnoticed."""
    for name in names:
        jobs.labels(name, FAILED)


def note_job(name: str, outcome: str, seconds: float) -> None:
    jobs.labels(name, outcome).inc()
    job_seconds.labels(name).observe(seconds)


def watch_engine(engine: Engine, pool: str, *, limit: int) -> None:
    """Counts the statements of an engine and the connections in use; ``limit`` is how many there may be."""
    in_use = pool_in_use.labels(pool)

    def note_taken(*_: Any) -> None:
        in_use.set(_count_in_use(engine))

    def note_given_back(*_: Any) -> None:
        # It is told of before it is back in the pool.
        in_use.set(max(_count_in_use(engine) - 1, 0))

    event.listen(engine, "before_cursor_execute", _note_start)
    event.listen(engine, "after_cursor_execute", _note_end)
    event.listen(engine, "checkout", note_taken)
    event.listen(engine, "checkin", note_given_back)
    pool_limit.labels(pool).set(limit)


def _count_in_use(engine: Engine) -> int:
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def _note_start(
    _connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _: bool
) -> None:
    setattr(context, _STARTED, time.perf_counter())


def _note_end(
    _connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _: bool
) -> None:
    seconds = time.perf_counter() - getattr(context, _STARTED)
    query_seconds.labels(name_statement(statement)).observe(seconds)

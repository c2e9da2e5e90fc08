"""The database as this process sees it, and a test of how quickly it answers."""

from statistics import median
from time import perf_counter_ns
from typing import Any
from typing import cast as cast_type

import psycopg
from sqlalchemy import QueuePool, text
from sqlalchemy.orm import Session

from adminboard.db.urls import psycopg_conninfo
from adminboard.runtime import Runtime
from adminboard.system.facts import Cell, Content, Fact

ROUND_TRIPS = 20
CONNECT_TIMEOUT_SECONDS = 2
_SIZES = text(
    "SELECT pg_database_size(current_database()) AS size_bytes, "
    "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) AS connections, "
    "current_setting('max_connections')::int AS max_connections"
)


def load_database(session: Session, runtime: Runtime) -> Content:
    """Which database it is, that it answers, and how much of the pool is in use."""
    connection = cast_type("psycopg.Connection[Any]", session.connection().connection.dbapi_connection)
    response = measure_round_trip(session)
    sizes = session.execute(_SIZES).one()
    return Content(
        [
            Fact("status", "Status", "up", Cell.WORD),
            Fact("host", "Host", connection.info.host or connection.info.hostaddr or None, Cell.CODE),
            Fact("name", "Name", connection.info.dbname, Cell.CODE),
            Fact("version", "Version", f"PostgreSQL {connection.info.parameter_status('server_version')}"),
            Fact("response_microseconds", "Response time", response, Cell.MICROSECONDS),
            *_pool_facts(runtime),
            Fact("connections", "Connections", sizes.connections, note=f"of {sizes.max_connections}"),
            Fact("size_bytes", "Size", sizes.size_bytes, Cell.BYTES),
        ]
    )


def _pool_facts(runtime: Runtime) -> list[Fact]:
    pool = runtime.database.engine.pool
    if not isinstance(pool, QueuePool):
        return []
    size = runtime.settings.db_pool_size + runtime.settings.db_max_overflow
    return [
        Fact("pool_in_use", "Pool in use", pool.checkedout(), note=f"of {size}, this process"),
        Fact("pool_size", "Pool size", size),
    ]


def measure_round_trip(session: Session) -> int:
    """How many microseconds one statement that does nothing takes, there and back."""
    connection = session.connection()
    started_at = perf_counter_ns()
    connection.exec_driver_sql("SELECT 1")
    return (perf_counter_ns() - started_at) // 1_000


def run_database_test(session: Session, runtime: Runtime) -> Content:
    """Measures round trips and a new connection. Reads nothing and changes nothing."""
    trips = [measure_round_trip(session) for _ in range(ROUND_TRIPS)]
    return Content(
        [
            Fact("round_trips", "Round trips", ROUND_TRIPS, Cell.NUMBER),
            Fact("fastest_microseconds", "Fastest", min(trips), Cell.MICROSECONDS),
            Fact("median_microseconds", "Half are faster than", int(median(trips)), Cell.MICROSECONDS),
            Fact("slowest_microseconds", "Slowest", max(trips), Cell.MICROSECONDS),
            Fact("connect_microseconds", "A new connection", measure_connect(runtime), Cell.MICROSECONDS),
        ],
        sentence="Everything was answered.",
    )


def measure_connect(runtime: Runtime) -> int | None:
    """How many microseconds a new connection takes, beside the pool; None where it does not come about."""
    url = runtime.settings.database_url
    if url is None:
        return None
    started_at = perf_counter_ns()
    try:
        psycopg.connect(
            psycopg_conninfo(url.get_secret_value()), connect_timeout=CONNECT_TIMEOUT_SECONDS
        ).close()
    except psycopg.Error:
        return None
    return (perf_counter_ns() - started_at) // 1_000

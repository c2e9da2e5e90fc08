"""The standby from which lists and exports are read: one that is never fresh is never read, unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from adminboard.core.replica import MOST_LAG_SECONDS
from adminboard.db.errors import DatabaseError
from adminboard.db.reachability import require_database
from adminboard.db.urls import psycopg_conninfo
from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.runtime import Runtime

PATIENCE_SECONDS = 5
_STATE = (
    "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp() - max(last_heartbeat))::float, "
    "current_setting('hot_standby_feedback') FROM board.procrastinate_workers"
)


def check_replica(runtime: Runtime) -> Iterator[Finding]:
    url = runtime.settings.replica_database_url
    if url is None:
        yield ok("replica", "REPLICA_DATABASE_URL is not set: lists come from the primary")
        return
    try:
        require_database(url.get_secret_value(), variable="REPLICA_DATABASE_URL")
        yield _judge(*_read_state(url.get_secret_value()))
    except (DatabaseError, psycopg.Error) as problem:
        advice = "Put that right, or unset REPLICA_DATABASE_URL; lists come from the primary meanwhile."
        yield error("replica", str(problem).splitlines()[0].rstrip("."), advice)


def _read_state(url: str) -> tuple[bool, float | None, str]:
    """Whether it is a standby, how old the newest sign of life of a worker is there, and its feedback."""
    with psycopg.connect(
        psycopg_conninfo(url), connect_timeout=PATIENCE_SECONDS, prepare_threshold=None
    ) as connection:
        row = connection.execute(_STATE).fetchone()
    assert row is not None
    return bool(row[0]), row[1], str(row[2])


def _judge(is_standby: bool, behind_seconds: float | None, feedback: str) -> Finding:
    if not is_standby:
        return warning(
            "replica",
            "REPLICA_DATABASE_URL leads to no standby, but to a server that can be written to",
            "Name a streaming standby of the database, or unset it.",
        )
    if behind_seconds is None or behind_seconds > MOST_LAG_SECONDS:
        return warning(
            "replica",
            "the replica is behind, or no worker is running: lists come from the primary",
            "See that a worker runs, and that the standby replays what its primary writes.",
        )
    if feedback != "on":
        return warning(
            "replica",
            "long exports may be broken off, for hot_standby_feedback is off",
            "Set hot_standby_feedback = on at the standby.",
        )
    return ok("replica", f"a standby, not more than {behind_seconds:.0f} s behind")

"""The database server and the way to it: clock, pooler, extensions, migrations, and who works on the jobs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.db.migrate import current_revision, is_up_to_date, newest_revision
from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.doctor.pooler import Pooling, find_pooling
from adminboard.runtime import MAX_EXPORTS, Runtime
from adminboard.system.activity import HEARTBEAT_WITHIN, find_workers

CLOCK_TOLERANCE_SECONDS = 2
WORKER_CONNECTIONS = 4
_FAILED_JOBS = text("SELECT count(*) FROM board.procrastinate_jobs WHERE status = 'failed'")
_EXTENSIONS = text("SELECT extname FROM pg_extension")
_ROOM = text(
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
)


def check_pooler(_: Session, runtime: Runtime) -> Iterator[Finding]:
    """A pooler in transaction mode keeps nothing from one transaction to the next."""
    url = runtime.settings.database_url
    if url is None:
        return
    pooling, prepares = find_pooling(url.get_secret_value()), runtime.settings.db_prepared_statements
    if pooling is Pooling.TRANSACTION and prepares:
        yield error(
            "pooler",
            "DATABASE_URL leads to a pooler in transaction mode, where prepared statements get lost",
            "Set DB_PREPARED_STATEMENTS=false, give `migrate` PostgreSQL's own address, best the worker too.",
        )
    elif pooling is Pooling.SESSION and prepares:
        yield warning(
            "pooler",
            "DATABASE_URL leads to a pooler, which seems to be in session mode",
            "If it is in transaction mode after all, set DB_PREPARED_STATEMENTS=false.",
        )
    elif pooling is Pooling.NONE and not prepares:
        yield warning(
            "pooler",
            "DB_PREPARED_STATEMENTS is false, and DATABASE_URL leads to PostgreSQL itself",
            "Leave it out: prepared statements make every page quicker.",
        )
    else:
        found = {Pooling.NONE: "none: PostgreSQL itself answers"}
        yield ok("pooler", found.get(pooling, f"one in {pooling.value} mode, and nothing relies on more"))


def check_clock(session: Session, runtime: Runtime) -> Iterator[Finding]:
    """Expiry, logins and locks compare moments of this process with moments of the database."""
    before = runtime.clock.now()
    theirs: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = runtime.clock.now()
    difference = (theirs - (before + (after - before) / 2)).total_seconds()
    if abs(difference) > CLOCK_TOLERANCE_SECONDS:
        side = "ahead of" if difference > 0 else "behind"
        yield error(
            "clock",
            f"the database's clock is {abs(difference):.1f} s {side} this machine's",
            "Let both machines keep time by NTP (chrony or systemd-timesyncd), then restart the board.",
        )
    else:
        yield ok("clock", f"{abs(difference):.3f} s between this machine and the database")


def check_extensions(session: Session, _: Runtime) -> Iterator[Finding]:
    present = set(session.scalars(_EXTENSIONS))
    needed = {"pg_trgm": "every search and the migrations"}
    if not is_board_only(session):
        needed["btree_gist"] = "the rule that a customer has one plan override at a time"
    for name, use in needed.items():
        if name in present:
            yield ok("extensions", f"{name} is there")
        else:
            yield error(
                "extensions",
                f"{name} is missing: {use} need it",
                f"As the owner of the database: CREATE EXTENSION {name} WITH SCHEMA public; "
                "then make its indexes anew (they are named below).",
            )
    missing = "" if "pg_stat_statements" in present else "not "
    yield ok("extensions", f"pg_stat_statements (optional: slowest statements) is {missing}there")


def check_migrations(session: Session, _: Runtime) -> Iterator[Finding]:
    connection = session.connection()
    applied = current_revision(connection)
    if is_up_to_date(connection):
        yield ok("migrations", f"up to date: {', '.join(applied)}")
        return
    expected = newest_revision(board_only=is_board_only(session))
    yield error(
        "migrations",
        f"the database is at {', '.join(applied) or 'nothing'}, and this version needs {', '.join(expected)}",
        "Run `adminboard migrate` (with --board-only where the product keeps its own tables) before serving.",
    )


def is_board_only(session: Session) -> bool:
    """Whether the product keeps its own tables here: the board's migrations were run, the product's not."""
    applied = current_revision(session.connection())
    return bool(applied) and not any(revision.startswith("product_") for revision in applied)


def check_worker(session: Session, _: Runtime) -> Iterator[Finding]:
    workers = find_workers(session)
    if workers.alive:
        yield ok(
            "worker", f"{workers.alive} alive, the last sign at {workers.last_heartbeat:%Y-%m-%d %H:%M:%S}Z"
        )
        return
    seen = (
        f"the last sign was at {workers.last_heartbeat:%Y-%m-%d %H:%M}Z"
        if workers.last_heartbeat
        else "never"
    )
    yield error(
        "worker",
        f"nobody works on the jobs: no sign within {HEARTBEAT_WITHIN.seconds} s ({seen})",
        "Start `adminboard worker`, or `adminboard serve` without --no-worker, and look into its log.",
    )


def check_connections(session: Session, runtime: Runtime) -> Iterator[Finding]:
    """Whether one process with everything at once fits into what the server allows."""
    room = session.execute(_ROOM).scalar_one()
    settings = runtime.settings
    most = settings.db_pool_size + settings.db_max_overflow + MAX_EXPORTS + WORKER_CONNECTIONS
    if most > room:
        yield warning(
            "connections",
            f"one process may want {most} connections, and the server allows {room}",
            "Raise max_connections, lower DB_POOL_SIZE and DB_MAX_OVERFLOW, or put PgBouncer between.",
        )
    else:
        yield ok("connections", f"a process wants {most} at most, and the server allows {room} in all")


def check_jobs(session: Session, _: Runtime) -> Iterator[Finding]:
    """Jobs that failed stay in the queue for 30 days (`system.housekeeping`)."""
    failed = session.execute(_FAILED_JOBS).scalar_one()
    if failed:
        yield warning(
            "jobs",
            f"{failed} jobs failed within the last 30 days",
            "Look into the worker's log for the reason. What they left undone comes again by the clock.",
        )
    else:
        yield ok("jobs", "none has failed")

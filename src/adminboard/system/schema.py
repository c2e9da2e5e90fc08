"""How the schema stands, and which statements cost the most."""

from functools import cache

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.db.migrate import current_revision, newest_revision
from adminboard.runtime import Runtime
from adminboard.system.facts import Cell, Column, Content, Row, Table

CHAINS = ("product", "board")
SLOWEST_QUERIES = 10
SHOWN_CHARACTERS = 300
_HAS_STATISTICS = text(
    "SELECT to_regclass('pg_stat_statements') IS NOT NULL "
    "AND current_setting('pg_stat_statements.max', true) IS NOT NULL"
)
"""The extension is in the database, and the server has loaded its library."""
_SLOWEST = text(
    "SELECT query, calls, (mean_exec_time * 1000)::bigint AS mean, "
    "(max_exec_time * 1000)::bigint AS longest, (total_exec_time * 1000)::bigint AS total "
    "FROM pg_stat_statements "
    "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND userid = current_user::regrole AND query ~* '^\\s*(select|insert|update|delete|with)\\M' "
    "ORDER BY mean_exec_time DESC LIMIT :most"
)
"""Only the board's own reading and writing, in which every value is a placeholder: COPY and SET keep what
they were given in their text."""


@cache
def expected_heads() -> tuple[str, ...]:
    """The newest revision of each chain that this version of the board brings."""
    return newest_revision()


def load_migrations(session: Session, _: Runtime) -> Content:
    """The revision of each chain beside the one this version expects."""
    applied = current_revision(session.connection())
    rows = []
    for chain in CHAINS:
        current, expected = _of_chain(applied, chain), _of_chain(expected_heads(), chain)
        rows.append(Row([chain, current, expected, _judge(chain, current, expected)]))
    columns = [
        Column("chain", "Chain"),
        Column("current", "Current", Cell.CODE),
        Column("expected", "Expected", Cell.CODE),
        Column("status", "Status", Cell.WORD),
    ]
    return Content(table=Table(columns, rows))


def load_slowest_queries(session: Session, _: Runtime) -> Content:
    """The board's statements with the longest mean time since the statistics were last reset."""
    if not session.scalar(_HAS_STATISTICS):
        return Content(
            sentence="PostgreSQL keeps no statistics of statements here. Load pg_stat_statements "
            "(shared_preload_libraries) and create the extension to see the slowest ones."
        )
    rows = [
        Row([_shorten(found.query), found.calls, found.mean, found.longest, found.total])
        for found in session.execute(_SLOWEST, {"most": SLOWEST_QUERIES})
    ]
    columns = [
        Column("query", "Statement", Cell.CODE),
        Column("calls", "Calls", Cell.NUMBER),
        Column("mean_microseconds", "Mean", Cell.MICROSECONDS),
        Column("longest_microseconds", "Longest", Cell.MICROSECONDS),
        Column("total_microseconds", "Together", Cell.MICROSECONDS),
    ]
    return Content(table=Table(columns, rows, "No statement has been counted yet."))


def _of_chain(revisions: tuple[str, ...], chain: str) -> str | None:
    return next((revision for revision in revisions if revision.startswith(f"{chain}_")), None)


def _judge(chain: str, current: str | None, expected: str | None) -> str:
    if current == expected:
        return "in_step"
    return "none" if current is None and chain == "product" else "differs"


def _shorten(query: str) -> str:
    flat = " ".join(query.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else f"{flat[: SHOWN_CHARACTERS - 1]}…"

"""Filling an empty database with made-up data, all of it or nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import Connection, sql
from sqlalchemy.engine import URL

from adminboard.db.urls import psycopg_conninfo
from adminboard.demo.seed.changes import DRAFTS
from adminboard.demo.seed.copy_rows import Block
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.processes import make_blocks
from adminboard.demo.seed.progress import Advance, SeedProgress
from adminboard.demo.seed.rollups import FIGURES, sum_up
from adminboard.demo.seed.tables import FILLED, Removed, restore, strip, take_over
from adminboard.demo.seed.trail import chain_drafts, create_drafts

COUNTED = (
    "public.users",
    "public.call_logs",
    "public.credit_transactions",
    "public.invoices",
    "public.billing_events",
)
"""What the progress counts; the rest comes with them."""
SETTINGS = {
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "off",
    "maintenance_work_mem": "256MB",
    "work_mem": "64MB",
    "max_parallel_maintenance_workers": "2",
    "timezone": "UTC",
    "search_path": "public",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows each table got, by its name with the schema."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def seed_database(
    owner_url: str | URL, plan: SeedPlan, progress: SeedProgress, *, processes: int = 2
) -> Loaded:
    """Makes all rows of the plan and loads them in one transaction, as the owner of the tables.

    The tables are locked until the end. Equal plans give equal rows. Raises `DatabaseNotEmpty`,
    `DatabaseNotMigrated`, `DatabaseInUse`, and after any error, or the death of this process, the database
    is as it was before.
    """
    with psycopg.connect(psycopg_conninfo(owner_url), application_name="adminboard seed") as connection:
        for name, value in SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        take_over(connection)
        removed = strip(connection)
        create_drafts(connection)
        rows: Counter[str] = Counter()
        with progress.step("Rows", _count_rows(plan), unit="rows") as advance:
            _load_blocks(connection, make_blocks(plan, processes), rows, advance)
        with progress.step("Audit log", rows.pop(DRAFTS, 0), unit="entries") as advance:
            _load_blocks(connection, chain_drafts(connection), rows, advance)
        with progress.step("Figures", len(FIGURES)) as advance:
            for table in FIGURES:
                rows[table] += sum_up(connection, plan, table)
                advance(1)
        _rebuild(connection, removed, rows, progress)
        _analyze(connection)
        connection.commit()
        connection.autocommit = True
        _mark_visible(connection)
    return Loaded(dict(rows))


def _load_blocks(
    connection: Connection, blocks: Iterable[Block], rows: Counter[str], advance: Advance
) -> None:
    for block in blocks:
        table = block.table if "." in block.table or block.table == DRAFTS else f"public.{block.table}"
        statement = sql.SQL("COPY {} ({}) FROM STDIN{}").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, block.columns)),
            sql.SQL(" WITH (FREEZE)" if table in FILLED else ""),
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(block.data)
        rows[table] += block.rows
        if table in COUNTED or table == "board.audit_entries":
            advance(block.rows)


def _count_rows(plan: SeedPlan) -> int:
    counts = plan.counts
    return counts.users + counts.calls + counts.credit_transactions + counts.invoices + counts.billing_events


def _rebuild(
    connection: Connection, removed: list[Removed], rows: Counter[str], progress: SeedProgress
) -> None:
    """Indexes, constraints and triggers."""
    effort = {item: item.weight * (rows[item.table] + 1) for item in removed}
    with progress.step("Indexes", sum(effort.values())) as advance:
        for item in restore(connection, removed):
            advance(effort[item])


def _analyze(connection: Connection) -> None:
    connection.execute(
        sql.SQL("ANALYZE {}").format(_listed((*FILLED, "board.audit_entries", "board.audit_head")))
    )


def _mark_visible(connection: Connection) -> None:
    """Notes for the pages that COPY left out that all may see them, which index-only scans live by."""
    tables = _listed((*FILLED, "board.audit_entries"))
    connection.execute(sql.SQL("VACUUM (INDEX_CLEANUP OFF) {}").format(tables))


def _listed(tables: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*table.split(".")) for table in tables)

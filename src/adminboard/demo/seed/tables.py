"""The tables that are filled, made ready for it and put back as they were.

Indexes, constraints and triggers are taken away while rows come in and made anew from PostgreSQL's own
description of them, which is much faster than keeping them up row by row. Partial indexes over a list of
words stay: PostgreSQL describes them in other words each time, so they would not come back the same. All of
it happens in the one transaction of the load: whatever goes wrong, the database is as it was before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import Connection, sql
from psycopg.rows import class_row

from adminboard.demo.seed.errors import DatabaseInUse, DatabaseNotEmpty, DatabaseNotMigrated

PRODUCT = (
    "organizations", "users", "memberships", "businesses", "ai_agents", "call_logs",
    "appointment_end_users", "appointments", "features", "plans", "plan_features", "subscriptions",
    "invoices", "payment_methods", "refunds", "usage_periods", "billing_events", "grace_periods",
    "user_feature_overrides", "plan_overrides", "credit_balances", "credit_transactions",
    "credit_allocations", "promotion_codes", "promotion_code_usages",
)  # fmt: skip
ROLLUPS = (
    "board.business_figures",
    "board.user_figures",
    "board.promotion_figures",
    "board.business_call_days",
    "board.daily_metrics",
    "board.figures_state",
)
"""Figures that are summed up in the database from the other rows."""
BOARD = (
    "board.open_grants",
    "board.open_debts",
    "board.notes",
    "board.runs",
    "board.discrepancies",
    *ROLLUPS,
)
FILLED = (*(f"public.{table}" for table in PRODUCT), *BOARD)
"""All but the audit log, which is continued and not filled."""
LOCK_TIMEOUT = "5s"


@dataclass(frozen=True, slots=True)
class Removed:
    """Something that was taken away from a table, and the statement that brings it back."""

    table: str
    name: str
    restore: str
    weight: int = 1
    """How long that takes for each row, roughly."""


def take_over(connection: Connection) -> None:
    """Locks the tables until the transaction ends. Raises a `DatabaseError` when they cannot be filled."""
    names = sql.SQL(", ").join(map(_identifier, FILLED))
    connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(LOCK_TIMEOUT))
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(names))
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseInUse from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise DatabaseNotMigrated("they are not all there") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseNotMigrated("this role may not change them") from error
    filled = [table for table in FILLED if _has_rows(connection, table)]
    if filled:
        raise DatabaseNotEmpty([table.removeprefix("public.") for table in filled])


def strip(connection: Connection) -> list[Removed]:
    """Takes triggers, constraints and indexes away; returns them in the order in which to restore them."""
    triggers = _remove(connection, _TRIGGERS)
    foreign_keys = _remove(connection, _FOREIGN_KEYS)
    keys = _remove(connection, _KEYS)
    indexes = _remove(connection, _INDEXES)
    # TRUNCATE, so that COPY may write the rows as old, visible and frozen from the start.
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(_identifier, FILLED))))
    return [*keys, *indexes, *foreign_keys, *triggers]


def restore(connection: Connection, removed: Sequence[Removed]) -> Iterator[Removed]:
    """Brings everything back, one after the other; yields what is there again."""
    for item in removed:
        connection.execute(item.restore.encode())
        yield item


def _remove(connection: Connection, query: str) -> list[Removed]:
    with connection.cursor(row_factory=class_row(_Found)) as cursor:
        found = cursor.execute(query.encode(), {"tables": list(FILLED)}).fetchall()
    for item in found:
        connection.execute(item.remove.encode())
    return [Removed(item.on_table, item.name, item.restore, item.weight) for item in found]


@dataclass(frozen=True, slots=True)
class _Found:
    on_table: str
    name: str
    remove: str
    restore: str
    weight: int


def _has_rows(connection: Connection, table: str) -> bool:
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(_identifier(table))).fetchone()
    assert row is not None, "EXISTS always answers"
    return bool(row[0])


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


_TABLES = "pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"

_TRIGGERS = f"""
SELECT nspname || '.' || relname AS on_table, tgname AS name,
    format('ALTER TABLE %%I.%%I DISABLE TRIGGER %%I', nspname, relname, tgname) AS remove,
    format('ALTER TABLE %%I.%%I ENABLE %%s TRIGGER %%I', nspname, relname,
        CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname) AS restore,
    0 AS weight
FROM pg_trigger JOIN {_TABLES} ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND tgenabled <> 'D' AND nspname || '.' || relname = ANY (%(tables)s)
ORDER BY 1, 2
"""  # noqa: S608 - put together from this module's own words
_CONSTRAINTS = f"""
SELECT nspname || '.' || relname AS on_table, conname AS name,
    format('ALTER TABLE %%I.%%I DROP CONSTRAINT %%I', nspname, relname, conname) AS remove,
    format('ALTER TABLE %%I.%%I ADD CONSTRAINT %%I %%s', nspname, relname, conname,
        pg_get_constraintdef(pg_constraint.oid)) AS restore,
    1 AS weight
FROM pg_constraint JOIN {_TABLES} ON pg_class.oid = conrelid
"""  # noqa: S608 - the same
_KEYS = f"""
{_CONSTRAINTS} WHERE contype IN ('p', 'u', 'x') AND nspname || '.' || relname = ANY (%(tables)s) ORDER BY 1, 2
"""
_FOREIGN_KEYS = f"""
{_CONSTRAINTS} WHERE contype = 'f' AND (nspname || '.' || relname = ANY (%(tables)s) OR confrelid IN (
    SELECT pg_class.oid FROM {_TABLES} WHERE nspname || '.' || relname = ANY (%(tables)s)))
ORDER BY 1, 2
"""  # noqa: S608 - the same
_INDEXES = f"""
SELECT nspname || '.' || relname AS on_table, indexrelid::regclass::text AS name,
    format('DROP INDEX %%s', indexrelid::regclass) AS remove,
    pg_get_indexdef(indexrelid) AS restore,
    CASE WHEN pg_get_indexdef(indexrelid) LIKE '%%to_tsvector%%' THEN 60
        WHEN pg_get_indexdef(indexrelid) LIKE '%%gin%%' THEN 6 ELSE 1 END AS weight
FROM pg_index JOIN {_TABLES} ON pg_class.oid = indrelid
WHERE nspname || '.' || relname = ANY (%(tables)s)
    AND coalesce(pg_get_expr(indpred, indrelid), '') NOT LIKE '%%ARRAY%%'
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY 1, 2
"""  # noqa: S608 - the same

"""Indexes that are missing, other than declared, or left invalid by an attempt that was broken off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex

from adminboard.db.migrate import is_up_to_date
from adminboard.doctor.comparison import Key, find_differences, full_name, key_of, keys_by_other_names
from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.doctor.pages import name_pages
from adminboard.models import metadata
from adminboard.runtime import Runtime

_INVALID = text(
    "SELECT format('%I.%I', nspname, indexes.relname) AS name, "
    "format('%I.%I', nspname, tables.relname) AS table_name FROM pg_index "
    "JOIN pg_class AS tables ON tables.oid = indrelid JOIN pg_class AS indexes ON indexes.oid = indexrelid "
    "JOIN pg_namespace ON pg_namespace.oid = tables.relnamespace "
    "WHERE nspname IN ('public', 'board') AND NOT (indisvalid AND indisready) ORDER BY 1"
)
"""Always with the schema: the owner, who is to mend it, need not have `board` in the search path."""
_LEFT_OVER = re.compile(r"_cc(new|old)\d*\"?$")
"""What REINDEX CONCURRENTLY calls its copies; one is left where that was broken off."""


def check_indexes(session: Session, _: Runtime) -> Iterator[Finding]:
    """What keeps pages quick and rows unique."""
    differences = find_differences(session)
    keys = keys_by_other_names(differences)
    changed = {difference[1].name for difference in differences if difference[0] == "remove_index"}
    wrong = [
        finding
        for difference in differences
        if difference[0] == "add_index"
        for finding in _judge_index(difference[1], changed, keys)
    ]
    is_behind = not is_up_to_date(session.connection())
    wrong += [
        _judge_invalid(found.name, found.table_name, is_behind=is_behind)
        for found in session.execute(_INVALID)
    ]
    yield from wrong
    if not wrong:
        count = sum(len(table.indexes) for table in metadata.tables.values())
        yield ok("indexes", f"all {count} are there and valid")


def _judge_index(index: Any, changed: Set[str], keys: Set[Key]) -> Iterator[Finding]:
    name, is_changed = full_name(index.table), index.name in changed
    how = "is not as declared" if is_changed else "is missing"
    if not index.unique:
        yield warning(
            "indexes",
            f"{index.name} on {name} {how}: with many rows it gets slow{name_pages(name, ' at')}",
            _say_how_to_make(index, is_changed=is_changed),
        )
    elif key_of(index) not in keys:
        yield error(
            "indexes",
            f"{index.name} on {name} {how}: nothing keeps two rows from being alike where one must be",
            _say_how_to_make(index, is_changed=is_changed),
        )


def _say_how_to_make(index: Any, *, is_changed: bool) -> str:
    """A migration that was run does not run again, so what somebody took away has to be made by hand."""
    # Alembic's copy of it knows only some columns of its table.
    (declared,) = [each for each in metadata.tables[index.table.key].indexes if each.name == index.name]
    dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    made = str(CreateIndex(declared).compile(dialect=dialect))
    concurrently = made.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
    name = f"{index.table.schema}.{index.name}" if index.table.schema else index.name
    dropped = f"DROP INDEX CONCURRENTLY {name}; " if is_changed else ""
    return (
        "Run `adminboard migrate`; if it finds nothing to do, as the owner of the table: "
        f"{dropped}{concurrently};"
    )


def _judge_invalid(index: str, table: str, *, is_behind: bool) -> Finding:
    is_copy = _LEFT_OVER.search(index) is not None
    mended_by = f"{'DROP' if is_copy else 'REINDEX'} INDEX CONCURRENTLY {index};"
    first = (
        "Run `adminboard migrate` (with --board-only where the product keeps its own tables), which builds "
        "its own anew; if it is still invalid then, or a newer version has migrated already, as"
        if is_behind
        else "As"
    )
    return error(
        "indexes",
        f"{index} on {table} is invalid: it is kept up with every change, and answers nothing",
        f"{first} the owner of the table, unless pg_stat_progress_create_index has it: {mended_by}",
    )

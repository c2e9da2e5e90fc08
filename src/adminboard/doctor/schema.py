"""Whether the live tables are as the models say, and which pages would break where they are not.

What the product has beyond the models is its own affair, unless the board could then not write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

from sqlalchemy import Float, Integer, Numeric, String, text
from sqlalchemy.orm import Session

from adminboard.db.base import BOARD
from adminboard.db.grants import SCHEMA_PRIVILEGES
from adminboard.doctor.comparison import (
    MEND,
    Difference,
    Key,
    broken,
    find_differences,
    full_name,
    join_name,
    key_of,
    keys_by_other_names,
    mend,
)
from adminboard.doctor.findings import Finding, error, ok, warning
from adminboard.doctor.rules import find_broken_rules
from adminboard.models import metadata
from adminboard.runtime import Runtime

NOT_OF_THE_MODELS = ("procrastinate_", "alembic_version")
_OTHER_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'board' ORDER BY tablename")


def check_schema(session: Session, _: Runtime) -> Iterator[Finding]:
    """Tables, columns, types, keys, rules."""
    differences = find_differences(session)
    keys = keys_by_other_names(differences)
    wrong = [finding for difference in differences for finding in _judge(difference, keys)]
    wrong += [*find_broken_rules(session), *_check_other_tables(session)]
    yield from wrong
    if not wrong:
        yield ok("schema", f"all {len(metadata.tables)} tables are as the models say")


def _judge(difference: Difference, keys: Set[Key]) -> Iterator[Finding]:
    if difference[0] == "add_constraint":
        yield from _judge_key(difference, keys)
    elif difference[0] in JUDGES:
        yield from JUDGES[difference[0]](difference)


def _judge_missing_table(difference: Difference) -> Iterator[Finding]:
    name = full_name(difference[1])
    yield broken(name, f"the table {name} is missing")


def _judge_missing_column(difference: Difference) -> Iterator[Finding]:
    _, schema, table, column = difference
    yield broken(join_name(schema, table), f"the column {join_name(schema, table)}.{column.name} is missing")


def _judge_further_column(difference: Difference) -> Iterator[Finding]:
    """The board names its columns, so one more is no matter, but where it has to be filled."""
    _, schema, table, column = difference
    name = join_name(schema, table)
    must_be_filled = not column.nullable and column.server_default is None and column.identity is None
    if must_be_filled and "INSERT" in SCHEMA_PRIVILEGES[schema or "public"].get(table, ""):
        yield error(
            "schema",
            f"{name}.{column.name} must be filled, and the board does not know it: it cannot add rows",
            f"As the table's owner: ALTER TABLE {name} ALTER {column.name} DROP NOT NULL; or add a default.",
        )


def _judge_type(difference: Difference) -> Iterator[Finding]:
    _, schema, table, column, _, live, declared = difference
    name = join_name(schema, table)
    if _is_same_kind(live, declared):
        yield warning(
            "schema",
            f"{name}.{column} is {live!s} instead of {declared!s}: it is read all the same, "
            "and may not hold all that is written",
            f"{MEND[schema or 'public']}.",
        )
        return
    yield broken(name, f"{name}.{column} is {live!s} and must be {declared!s}")


def _is_same_kind(live: Any, declared: Any) -> bool:
    """Whether Python gets the same of both: texts, whole numbers, or exact ones of other lengths."""
    return any(
        isinstance(live, kind) and isinstance(declared, kind) for kind in (String, Integer, Numeric)
    ) and isinstance(live, Float) is isinstance(declared, Float)


def _judge_nullable(difference: Difference) -> Iterator[Finding]:
    _, schema, table, column, _, live, _ = difference
    name = join_name(schema, table)
    if live:
        yield broken(name, f"{name}.{column} may be empty, and pages rely on a value")
    elif "INSERT" in SCHEMA_PRIVILEGES[schema or "public"].get(table, ""):
        yield error(
            "schema",
            f"{name}.{column} must not be empty, and the board leaves it empty at times: such changes fail",
            f"As the table's owner: ALTER TABLE {name} ALTER {column} DROP NOT NULL;",
        )


def _judge_missing_reference(difference: Difference) -> Iterator[Finding]:
    constraint = difference[1]
    name, columns = full_name(constraint.parent), ", ".join(constraint.column_keys)
    yield warning(
        "schema",
        f"{name} ({columns}) refers to {constraint.referred_table.name} without a foreign key: "
        "rows can be left without what they belong to",
        f"{mend(constraint.parent)}.",
    )


JUDGES: Mapping[str, Callable[[Difference], Iterator[Finding]]] = {
    "add_table": _judge_missing_table,
    "add_column": _judge_missing_column,
    "remove_column": _judge_further_column,
    "modify_type": _judge_type,
    "modify_nullable": _judge_nullable,
    "add_fk": _judge_missing_reference,
}
"""By Alembic's word, which says what would have to be done to the database. Others break nothing."""


def _judge_key(difference: Difference, keys: Set[Key]) -> Iterator[Finding]:
    constraint = difference[1]
    if key_of(constraint) in keys:
        return
    columns = ", ".join(column.name for column in constraint.columns)
    yield error(
        "schema",
        f"{full_name(constraint.table)} ({columns}) is not unique: changes that rely on it fail",
        f"{mend(constraint.table)}.",
    )


def _check_other_tables(session: Session) -> Iterator[Finding]:
    for name in session.scalars(_OTHER_TABLES):
        if f"{BOARD}.{name}" not in metadata.tables and not name.startswith(NOT_OF_THE_MODELS):
            yield warning(
                "schema",
                f"board.{name} is no table of the board's",
                "Find out who made it: `board` is the board's own. A newer version may have been here.",
            )

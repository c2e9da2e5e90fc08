"""The live tables compared with the models by Alembic, and how tables are named in what is found."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, UniqueConstraint, text
from sqlalchemy.orm import Session

from adminboard.core.work import remember
from adminboard.db.base import BOARD
from adminboard.doctor.findings import Finding, error
from adminboard.doctor.pages import name_pages
from adminboard.models import metadata

Difference = Any
"""A tuple that begins with Alembic's word for what would have to be done to the database."""
Key = tuple[str, frozenset[str]]
"""A table and the columns that are unique together."""
MEND = {
    "public": (
        "Run `adminboard migrate`; if it finds nothing to do, somebody changed it by hand: change it back. "
        "Where the product keeps its own tables, their owner must bring this"
    ),
    BOARD: "Run `adminboard migrate`; if it finds nothing to do, somebody changed it by hand: change it back",
}


def find_differences(session: Session) -> list[Difference]:
    """One by one, of tables that the models and the database both have, and of tables that are missing."""
    return remember(session, "differences", lambda: _find_differences(session))


def _find_differences(session: Session) -> list[Difference]:
    with _seen_from_public(session) as connection:
        found = compare(connection)
    return [each for entry in found for each in ([entry] if isinstance(entry, tuple) else entry)]


def compare(connection: Connection) -> Sequence[Any]:
    """Alembic's differences between the tables of the models and the live ones of the same names."""

    def is_of_the_models(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
        if kind == "schema":
            return name in {None, BOARD}
        if kind != "table":
            return True
        schema = parents.get("schema_name")
        return (f"{schema}.{name}" if schema else name) in metadata.tables

    options = {"include_schemas": True, "include_name": is_of_the_models, "compare_type": True}
    with warnings.catch_warnings():
        # It cannot compare operator classes, and says so of each index that has one.
        warnings.simplefilter("ignore")
        found: Sequence[Any] = compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    return found


@contextmanager
def _seen_from_public(session: Session) -> Iterator[Connection]:
    """Alembic wants the tables of `board` named with their schema."""
    set_path = text("SELECT set_config('search_path', :path, true)")
    before = session.execute(text("SELECT current_setting('search_path')")).scalar_one()
    session.execute(set_path, {"path": "public"})
    yield session.connection()
    session.execute(set_path, {"path": before})


def keys_by_other_names(differences: Sequence[Difference]) -> set[Key]:
    """What is unique in the database under a name that the models do not know."""
    return {key_of(difference[1]) for difference in differences if _is_other_key(difference)}


def key_of(constraint: Any) -> Key:
    """Of a constraint or an index."""
    return full_name(constraint.table), frozenset(column.name for column in constraint.columns)


def _is_other_key(difference: Difference) -> bool:
    if difference[0] == "remove_constraint":
        return isinstance(difference[1], UniqueConstraint)
    if difference[0] != "remove_index" or not difference[1].unique:
        return False
    return difference[1].dialect_kwargs.get("postgresql_where") is None


def broken(table: str, what: str) -> Finding:
    """What makes pages fail, with their addresses."""
    return error("schema", f"{what}{name_pages(table)}", f"{MEND[table.partition('.')[0]]}.")


def mend(table: Any) -> str:
    """What to do about a table, without the final dot."""
    return MEND[table.schema or "public"]


def full_name(table: Any) -> str:
    return join_name(table.schema, table.name)


def join_name(schema: str | None, table: str) -> str:
    return f"{schema or 'public'}.{table}"

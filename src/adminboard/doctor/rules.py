"""CHECKs and exclusions, which Alembic passes over, compared with those of the models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CheckConstraint, Column, Enum, Table, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Session

from adminboard.doctor.comparison import broken, full_name, mend
from adminboard.doctor.findings import Finding, error, warning
from adminboard.models import metadata

_RULES = text(
    "SELECT nspname AS schema, relname AS table_name, conname AS name, contype::text AS kind, "
    "pg_get_constraintdef(pg_constraint.oid) AS definition, convalidated AS is_validated "
    "FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname IN ('public', 'board') AND contype IN ('c', 'x')"
)
_TABLES = text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'board')")


@dataclass(frozen=True, slots=True)
class Rule:
    """A CHECK or an exclusion as the database has it."""

    name: str
    kind: str
    definition: str
    is_validated: bool

    @property
    def words(self) -> frozenset[str]:
        """The texts that stand in it."""
        return frozenset(re.findall(r"'([^']*)'", self.definition))


def find_broken_rules(session: Session) -> Iterator[Finding]:
    """CHECKs and exclusions: by name, or by the words that a column may hold."""
    live: dict[str, list[Rule]] = {}
    tables = set(session.scalars(_TABLES))
    for row in session.execute(_RULES):
        rule = Rule(row.name, row.kind, row.definition, row.is_validated)
        live.setdefault(f"{row.schema}.{row.table_name}", []).append(rule)
    for table in metadata.sorted_tables:
        if full_name(table) not in tables:
            continue
        rules = live.get(full_name(table), [])
        for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
            if isinstance(constraint, CheckConstraint | ExcludeConstraint):
                yield from _judge_rule(table, str(constraint.name), rules)


def _judge_rule(table: Table, name: str, rules: Sequence[Rule]) -> Iterator[Finding]:
    place, words = full_name(table), _words_of(table, name)
    found = next((rule for rule in rules if rule.name == name), None)
    if words is not None:
        kept = found or next((rule for rule in rules if rule.words == words), None)
        unknown = sorted(kept.words - words) if kept else []
        if kept is None or unknown:
            what = f"may hold {', '.join(unknown)}" if unknown else "may hold any word"
            yield broken(place, f"{place}.{name.removeprefix(f'ck_{table.name}_')} {what}")
        elif words - kept.words:
            missing = ", ".join(sorted(words - kept.words))
            yield error(
                "schema",
                f"{place} refuses {missing}: such changes fail ({kept.name})",
                f"{mend(table)}.",
            )
    elif found is None:
        yield warning(
            "schema",
            f"the rule {name} on {place} is missing: only the code keeps it",
            f"{mend(table)}; its text is in src/adminboard/migrations.",
        )
    if found is not None and not found.is_validated:
        yield warning(
            "schema",
            f"the rule {name} was never checked against the rows that {place} has",
            f"As the table's owner: ALTER TABLE {place} VALIDATE CONSTRAINT {name};",
        )


def _words_of(table: Table, name: str) -> frozenset[str] | None:
    """The closed set whose CHECK has this name (`db.base` makes it), if it is one."""
    column: Column[Any] | None = table.columns.get(name.removeprefix(f"ck_{table.name}_"))
    if column is None or not isinstance(column.type, Enum):
        return None
    return frozenset(column.type.enums)

"""What the role the board runs as may do: all that it must, and nothing beyond (guarantee 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.db.grants import SCHEMA_PRIVILEGES, read_privileges
from adminboard.doctor.findings import Finding, error, ok
from adminboard.runtime import Runtime

EVERYTHING = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
OF_COLUMNS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
FORBIDDEN_ATTRIBUTES = {
    "rolsuper": "SUPERUSER",
    "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}
TRIGGERS = {
    "board.audit_entries": ("append_only",),
    "board.audit_checkpoints": ("append_only",),
    "public.credit_allocations": ("append_only",),
    "public.credit_transactions": ("append_only", "continue_ledger", "match_balance"),
    "public.credit_balances": ("match_ledger",),
}
"""By table: what keeps its rows as they were written, and the ledger adding up, whoever writes."""
MIGRATE = "Run `adminboard migrate`, which grants exactly what is needed"
_ROLE = text(
    "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, "
    "ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid) AS member_of, "
    "ARRAY(SELECT nspname || '.' || relname FROM pg_class "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p') "
    "AND nspname IN ('public', 'board') ORDER BY 1) AS owned, "
    "ARRAY(SELECT nspname FROM pg_namespace WHERE nspname IN ('public', 'board') "
    "AND has_schema_privilege(pg_namespace.oid, 'CREATE') ORDER BY 1) AS may_create "
    "FROM pg_roles WHERE rolname = current_user"
)
_HELD = text("""
    SELECT nspname AS schema, relname AS name, privilege,
        has_table_privilege(pg_class.oid, privilege) AS whole,
        CASE WHEN privilege = ANY (:of_columns) THEN ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                AND has_column_privilege(pg_class.oid, attnum, privilege)
        ) END AS columns
    FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace, unnest(CAST(:privileges AS text[])) AS privilege
    WHERE nspname IN ('public', 'board') AND relkind IN ('r', 'p')
    ORDER BY nspname, relname, privilege
""")
_TRIGGERS = text(
    "SELECT nspname || '.' || relname AS table_name, tgname AS name, tgenabled::text AS state "
    "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE NOT tgisinternal"
)


@dataclass(frozen=True, slots=True)
class Held:
    """What the role holds of one privilege on one table: on the whole, or on some columns."""

    table: str
    privilege: str
    whole: bool
    columns: frozenset[str]


def check_role(session: Session, _: Runtime) -> Iterator[Finding]:
    """The role itself: nobody special, a member of nothing, owner of nothing."""
    role = session.execute(_ROLE).one()
    special = [word for column, word in FORBIDDEN_ATTRIBUTES.items() if getattr(role, column)]
    if special:
        yield error(
            "role",
            f"{role.rolname} is {', '.join(special)}: it can change what must stay as it was written",
            f"As a superuser: ALTER ROLE {role.rolname} {' '.join(f'NO{word}' for word in special)}; or set "
            "DATABASE_URL to a role of the board's own (docs/OPERATIONS.md).",
        )
    if role.owned and not role.rolsuper:
        yield error(
            "role",
            f"{role.rolname} owns {_list(role.owned)}: it can switch their triggers off",
            "Give them to the owner role (ALTER TABLE … OWNER TO …), and run the board as another.",
        )
    if role.member_of:
        yield error(
            "role",
            f"{role.rolname} is a member of {_list(role.member_of)} and can take their rights",
            f"As a superuser: REVOKE {', '.join(role.member_of)} FROM {role.rolname};",
        )
    if role.may_create and not role.rolsuper:
        yield error(
            "role",
            f"{role.rolname} may create tables and functions in {_list(role.may_create)}",
            f"{MIGRATE}, or: REVOKE CREATE ON SCHEMA {', '.join(role.may_create)} "
            f"FROM {role.rolname}, PUBLIC;",
        )
    if not (special or role.owned or role.member_of or role.may_create):
        yield ok("role", f"{role.rolname} owns nothing and is nobody special")


def check_privileges(session: Session, _: Runtime) -> Iterator[Finding]:
    """Table by table: what is missing would break a page, what is too much would break a promise."""
    role = session.execute(_ROLE).one()
    if role.rolsuper or role.owned:
        return
    wrong = False
    for schema, tables in SCHEMA_PRIVILEGES.items():
        found = _find_held(session, schema)
        for name in sorted(tables.keys() & {held.table for held in found}):
            wanted = read_privileges(tables[name])
            for held in found:
                if held.table == name:
                    for finding in _judge(f"{schema}.{name}", held, wanted, role.rolname):
                        wrong = True
                        yield finding
    if not wrong:
        yield ok("privileges", f"{role.rolname} may read and write what it must, and nothing else")


def check_triggers(session: Session, _: Runtime) -> Iterator[Finding]:
    """What refuses a change of the audit log and the ledger must be there, and switched on for everybody."""
    states = {(found.table_name, found.name): found.state for found in session.execute(_TRIGGERS)}
    wrong = False
    for table, names in TRIGGERS.items():
        for name in names:
            needed = "ALWAYS " if name == "append_only" else ""
            state = states.get((table, name))
            if state == ("A" if needed else "O"):
                continue
            wrong = True
            how = "is missing" if state is None else "is switched off, or not on for everybody"
            restore = (
                "Make it anew from src/adminboard/migrations"
                if state is None
                else (f"As the owner: ALTER TABLE {table} ENABLE {needed}TRIGGER {name};")
            )
            yield error(
                "triggers",
                f"{name} on {table} {how}: what was written there can be changed unnoticed",
                f"{restore} Then run `adminboard audit verify` and `adminboard ledger verify`.",
            )
    if not wrong:
        yield ok("triggers", "the audit log and the ledger are append-only, and the ledger is made to add up")


def _find_held(session: Session, schema: str) -> Sequence[Held]:
    rows = session.execute(_HELD, {"privileges": list(EVERYTHING), "of_columns": list(OF_COLUMNS)})
    return [
        Held(row.name, row.privilege, row.whole, frozenset(row.columns or ()))
        for row in rows
        if row.schema == schema
    ]


def _judge(table: str, held: Held, wanted: Any, role: str) -> Iterator[Finding]:
    allowed = wanted.get(held.privilege, frozenset())
    if allowed is None:
        if not held.whole:
            yield _missing(table, held.privilege, role)
        return
    if allowed - held.columns:
        yield _missing(table, f"{held.privilege} ({', '.join(sorted(allowed - held.columns))})", role)
    if held.whole:
        yield _too_much(table, held.privilege, role)
    elif held.columns - allowed:
        yield _too_much(table, f"{held.privilege} ({', '.join(sorted(held.columns - allowed))})", role)


def _missing(table: str, privilege: str, role: str) -> Finding:
    return error(
        "privileges",
        f"{role} lacks {privilege} on {table}: whatever does that fails",
        f"{MIGRATE}, or as the table's owner: GRANT {privilege} ON {table} TO {role};",
    )


def _too_much(table: str, privilege: str, role: str) -> Finding:
    return error(
        "privileges",
        f"{role} has {privilege} on {table}, which it must not have",
        f"{MIGRATE} and takes the rest away, or as the table's owner: "
        f"REVOKE {privilege} ON {table} FROM {role}, PUBLIC;",
    )


def _list(names: Sequence[str]) -> str:
    few = ", ".join(names[:5])
    return few if len(names) <= 5 else f"{few} and {len(names) - 5} more"

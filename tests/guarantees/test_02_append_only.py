"""What was written stays: tried as the role the board runs as, with everything SQL has to offer."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.db.embedded import APP_ROLE, OWNER_ROLE
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from tests.credit_factories import make_grant
from tests.factories import make_user

KEPT = {
    "board.audit_entries": "position",
    "board.audit_checkpoints": "position",
    "public.credit_transactions": "amount",
    "public.credit_allocations": "amount",
}
SWALLOW = (
    "CREATE TRIGGER swallow BEFORE INSERT ON {table} FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
)
DO_NOTHING = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
ATTEMPTS = [
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "DROP TABLE {table}",
    "DROP TABLE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DISABLE TRIGGER append_only",
    "DROP TRIGGER append_only ON {table}",
    "ALTER TABLE {table} RENAME TO {column}_gone",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "CREATE RULE nothing AS ON INSERT TO {table} DO INSTEAD NOTHING",
    SWALLOW,
    "MERGE INTO {table} kept USING (SELECT 1) one ON true WHEN MATCHED THEN DELETE",
    "SELECT 1 FROM {table} FOR UPDATE",
]
WAYS_AROUND = [
    "SET session_replication_role = replica",
    f"SET ROLE {OWNER_ROLE}",
    f"CREATE OR REPLACE FUNCTION board.refuse_audit_change() {DO_NOTHING}",
    "DROP FUNCTION board.refuse_audit_change() CASCADE",
    "DROP SCHEMA board CASCADE",
    "CREATE TABLE board.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "COPY board.audit_entries TO PROGRAM 'cat'",
]


@pytest.fixture
def as_app(connection: Connection, session: Session, database: Database) -> Connection:
    """The role the board runs as, with a row in what it must not change."""
    make_grant(session, make_user(session).id, 5)
    clock = MovableClock(datetime(2026, 1, 15, tzinfo=UTC))
    with Runtime(Settings(secret_key="s" * 32), database, clock).work(system_actor()) as work:
        work.audit("flags.set", Target("flag", "new", "new"), "new is on")
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    return connection


def refuse(connection: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError) as refusal, connection.begin_nested():
        connection.exec_driver_sql(statement)
    code = getattr(refusal.value.orig, "sqlstate", "")
    assert code in {"42501", "23001"}, f"{statement}: {refusal.value.orig}"


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("statement", ATTEMPTS)
def test_the_board_can_only_add(as_app: Connection, statement: str, table: str) -> None:
    refuse(as_app, statement.format(table=table, column=KEPT[table]))


@pytest.mark.parametrize("statement", WAYS_AROUND)
def test_there_is_no_way_around(fresh_database: Database, statement: str) -> None:
    """On a connection that was the board's from the start: nothing to fall back to. And that writes, so that
    it is refused for want of rights."""
    with fresh_database.writing() as session:
        refuse(session.connection(), statement)


@pytest.mark.parametrize("table", [name for name in KEPT if name != "public.credit_allocations"])
@pytest.mark.parametrize("statement", [*ATTEMPTS[:2], "TRUNCATE {table} CASCADE"])
def test_not_even_the_owner_changes_it_by_mistake(as_app: Connection, statement: str, table: str) -> None:
    as_app.execute(text(f"SET LOCAL ROLE {OWNER_ROLE}"))
    with pytest.raises(DBAPIError, match=r"append-only|refused"), as_app.begin_nested():
        as_app.exec_driver_sql(statement.format(table=table, column=KEPT[table]))


def test_the_board_owns_nothing_and_is_nobody_special(fresh_database: Database) -> None:
    with fresh_database.engine.connect() as connection:
        owned = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relowner = CURRENT_USER::regrole")
        ).all()
        special = connection.execute(
            text(
                "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
                " WHERE rolname = CURRENT_USER"
            )
        ).one()
        memberships = connection.scalars(
            text("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = CURRENT_USER::regrole")
        ).all()
    assert owned == []
    assert set(special) == {False}
    assert memberships == []


def test_nothing_of_the_board_deletes_what_is_kept(as_app: Connection) -> None:
    """At least two years: there is no job that could, since there is no privilege, nor a way to one."""
    for table in KEPT:
        as_app.execute(text(f"GRANT ALL ON {table} TO CURRENT_USER"))
        for privilege in ("UPDATE", "DELETE", "TRUNCATE"):
            query = text("SELECT has_table_privilege(CURRENT_USER, :table, :privilege)")
            assert not as_app.scalar(query, {"table": table, "privilege": privilege})

"""What the role the board runs as may do, and nothing beyond."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from adminboard.db import grants, migrate
from adminboard.db.base import BOARD
from adminboard.db.embedded import APP_ROLE
from adminboard.models import metadata
from tests.db.templates import Addresses

EVERYTHING = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
WRITTEN_BY_THE_PRODUCT_ALONE = [
    "users",
    "memberships",
    "businesses",
    "ai_agents",
    "call_logs",
    "appointments",
    "appointment_end_users",
    "usage_periods",
    "features",
    "promotion_code_usages",
]


OF_COLUMNS = {"SELECT", "INSERT", "UPDATE", "REFERENCES"}


def privileges_on(connection: Connection, table: str) -> set[str]:
    """What the role may do with the table, or with some column of it."""
    return {privilege for privilege in EVERYTHING if holds(connection, table, privilege)}


def holds(connection: Connection, table: str, privilege: str) -> bool:
    function = "has_any_column_privilege" if privilege in OF_COLUMNS else "has_table_privilege"
    query = text(f"SELECT {function}(:role, :table, :privilege)")
    return bool(connection.scalar(query, {"role": APP_ROLE, "table": table, "privilege": privilege}))


def test_every_table_says_what_the_board_may_do_with_it() -> None:
    names = {(table.schema, table.name) for table in metadata.sorted_tables}
    queue = {name for name in grants.BOARD_PRIVILEGES if name.startswith("procrastinate_")}
    listed: set[tuple[str | None, str]] = {(None, name) for name in grants.PRODUCT_PRIVILEGES}
    listed |= {(BOARD, name) for name in grants.BOARD_PRIVILEGES.keys() - queue - {"alembic_version"}}
    assert listed == names


@pytest.mark.parametrize("table", WRITTEN_BY_THE_PRODUCT_ALONE)
def test_what_the_product_alone_writes_is_only_read(connection: Connection, table: str) -> None:
    assert privileges_on(connection, table) == {"SELECT"}


@pytest.mark.parametrize(
    "table",
    ["credit_transactions", "credit_allocations", "board.audit_entries", "board.audit_checkpoints"],
)
def test_what_is_kept_for_ever_is_only_added_to(connection: Connection, table: str) -> None:
    assert privileges_on(connection, table) == {"SELECT", "INSERT"}


def test_the_head_of_the_audit_is_moved_and_never_made_or_removed(connection: Connection) -> None:
    assert privileges_on(connection, "board.audit_head") == {"SELECT", "UPDATE"}


def test_an_organization_can_be_suspended_and_not_renamed(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    connection.execute(text("UPDATE organizations SET status = status, updated_at = updated_at"))
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text("UPDATE organizations SET name = 'Another'"))


def test_the_board_owns_nothing_and_can_make_nothing(connection: Connection) -> None:
    owned = connection.scalar(
        text("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = :role"), {"role": APP_ROLE}
    )
    assert owned == 0
    for schema in ("public", "board"):
        for right, expected in (("USAGE", True), ("CREATE", False)):
            query = text("SELECT has_schema_privilege(:role, :schema, :right)")
            values = {"role": APP_ROLE, "schema": schema, "right": right}
            assert connection.scalar(query, values) is expected


@pytest.mark.parametrize(
    "attack",
    [
        "DROP TRIGGER append_only ON credit_transactions",
        "ALTER TABLE board.audit_entries DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE board.audit_head",
        "CREATE TABLE board.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE OR REPLACE FUNCTION board.refuse_audit_change() RETURNS trigger LANGUAGE sql AS ''",
        "UPDATE board.alembic_version SET version_num = ''",
        "INSERT INTO board.audit_head (singleton, position, hash) VALUES (false, 0, '')",
        "DELETE FROM board.audit_head",
    ],
)
def test_the_board_cannot_take_its_own_chains_off(
    addresses: Addresses, connection: Connection, attack: str
) -> None:
    connection.execute(text(f"SET LOCAL SESSION AUTHORIZATION {APP_ROLE}"))
    with pytest.raises(Exception, match=r"permission denied|must be owner"):
        connection.execute(text(attack))


def test_granting_again_takes_away_what_was_given_beside(connection: Connection) -> None:
    connection.execute(text(f"GRANT DELETE ON credit_transactions, users TO {APP_ROLE}"))
    connection.execute(text("GRANT UPDATE ON board.audit_entries TO PUBLIC"))
    grants.apply(connection, APP_ROLE)
    assert privileges_on(connection, "credit_transactions") == {"SELECT", "INSERT"}
    assert privileges_on(connection, "board.audit_entries") == {"SELECT", "INSERT"}
    assert privileges_on(connection, "users") == {"SELECT"}


def test_where_the_product_keeps_its_schema_its_privileges_are_left_alone(connection: Connection) -> None:
    connection.execute(text(f"GRANT DELETE ON users, board.audit_entries TO {APP_ROLE}"))
    grants.apply(connection, APP_ROLE, board_only=True)
    assert privileges_on(connection, "users") == {"SELECT", "DELETE"}
    assert privileges_on(connection, "board.audit_entries") == {"SELECT", "INSERT"}


def test_the_board_can_see_whether_its_migrations_were_run(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    assert migrate.is_up_to_date(connection)


def test_jobs_can_be_queued_and_fetched(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
    job = "ROW('q', 'a_task', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1"
    (number,) = connection.scalar(text(f"SELECT procrastinate_defer_jobs_v1(ARRAY[{job}])"))
    fetched = connection.execute(text("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)")).scalar_one()
    assert fetched == number

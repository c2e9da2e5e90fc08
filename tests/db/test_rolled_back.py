"""The database that tests share behaves like the real one and keeps nothing."""

import pytest
from sqlalchemy import Connection, column, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from adminboard.db.engine import Database
from tests.db.rolled_back import WroteWhileReading


@pytest.fixture
def names(connection: Connection) -> Connection:
    reference = "REFERENCES names DEFERRABLE INITIALLY DEFERRED"
    connection.execute(text(f"CREATE TABLE names (name text PRIMARY KEY, of text {reference})"))
    connection.execute(text("GRANT SELECT, INSERT ON names TO PUBLIC"))
    return connection


def insert(session: Session, name: str, of: str | None = None) -> None:
    session.execute(text("INSERT INTO names VALUES (:name, :of)"), {"name": name, "of": of})


def insert_both(session: Session, *names: str) -> None:
    for name in names:
        insert(session, name)


def stored(connection: Connection | Session) -> list[str]:
    return list(connection.scalars(text("SELECT name FROM names ORDER BY name")))


def test_what_is_committed_can_be_read_afterwards(names: Connection, database: Database) -> None:
    with database.writing() as writing:
        insert(writing, "Ada")
    with database.reading() as reading:
        assert stored(reading) == ["Ada"]


def test_an_error_rolls_back_its_own_transaction_only(names: Connection, database: Database) -> None:
    with database.writing() as writing:
        insert(writing, "Ada")
    with pytest.raises(IntegrityError), database.writing() as writing:
        insert_both(writing, "Bob", "Ada")
    assert stored(names) == ["Ada"]


def test_a_commit_inside_of_a_reading_is_kept(names: Connection, database: Database) -> None:
    with database.reading(), database.writing() as writing:
        insert(writing, "Ada")
    assert stored(names) == ["Ada"]


def test_a_failed_query_leaves_the_connection_usable(names: Connection, database: Database) -> None:
    with pytest.raises(DBAPIError), database.reading() as reading:
        reading.execute(text("SELECT 1 / 0"))
    assert stored(names) == []


def test_deferred_constraints_are_checked_at_the_end_of_each_transaction(
    names: Connection, database: Database
) -> None:
    with database.writing() as writing:
        insert(writing, "Bob", of="Ada")
        insert(writing, "Ada")
    with pytest.raises(IntegrityError), database.writing() as writing:
        insert(writing, "Eve", of="nobody")
    assert stored(names) == ["Ada", "Bob"]


def test_the_board_acts_as_its_own_role(names: Connection, database: Database) -> None:
    with database.reading() as reading:
        assert reading.scalar(text("SELECT current_user")) == "adminboard_app"
    with pytest.raises(DBAPIError, match="permission denied"), database.writing() as writing:
        writing.execute(text("DELETE FROM names"))
    assert names.scalar(text("SELECT current_user")) == "adminboard_owner"


def test_a_timeout_for_one_reading_ends_with_it(connection: Connection, database: Database) -> None:
    with database.reading(statement_timeout_ms=0) as reading:
        assert reading.scalar(text("SHOW statement_timeout")) == "0"
    assert connection.scalar(text("SHOW statement_timeout")) == "5s"


@pytest.mark.parametrize("_run", range(2))
def test_nothing_outlives_its_test(_run: int, names: Connection, database: Database) -> None:
    with database.writing() as writing:
        insert(writing, "Ada")
    assert stored(names) == ["Ada"]


def test_a_reading_session_refuses_to_write(names: Connection, database: Database) -> None:
    with pytest.raises(WroteWhileReading), database.reading() as reading:
        reading.execute(table("names", column("name")).insert(), {"name": "Ada"})
    assert stored(names) == []

"""Sessions that say whether they may write, and connections that outlive their server."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import pytest
from sqlalchemy import Engine, exc, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from adminboard.db.embedded import EmbeddedServer
from adminboard.db.engine import (
    Database,
    create_engine_for,
    failing_alone,
    in_transaction,
    set_statement_timeout,
)
from adminboard.db.reachability import is_database_gone
from tests.cluster.servers import frozen
from tests.db.templates import Addresses, opened_database
from tests.doctor.pooler import Pooler

GUARANTEED_SECONDS = 2.0


@pytest.fixture
def killable_database(killable_addresses: Addresses) -> Iterator[Database]:
    with opened_database(killable_addresses.app_url) as database:
        yield database


@contextmanager
def small_engine(addresses: Addresses, prepare_threshold: int | None = 5) -> Iterator[Engine]:
    """Straight to the server: with prepared statements nothing goes through a pooler."""
    engine = create_engine_for(
        addresses.straight_app_url, pool_size=1, max_overflow=0, prepare_threshold=prepare_threshold
    )
    yield engine
    engine.dispose()


def answers(database: Database) -> bool:
    with database.reading() as session:
        return session.scalar(text("SELECT 1")) is not None


def sleep_too_long(session: Session) -> None:
    set_statement_timeout(session, 20)
    session.execute(text("SELECT pg_sleep(60)"))


def fails_in_time(database: Database) -> bool:
    began = time.monotonic()
    with pytest.raises(DBAPIError) as failure:
        answers(database)
    return is_database_gone(failure.value) and time.monotonic() - began < GUARANTEED_SECONDS


def test_a_session_for_reading_cannot_write(fresh_database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"), fresh_database.reading() as session:
        session.execute(text("UPDATE board.audit_head SET hash = hash"))


@pytest.mark.parametrize("prepare_threshold", [5, None])
def test_neither_kind_of_session_for_reading_writes_though_it_is_asked_to(
    fresh_addresses: Addresses, prepare_threshold: int | None
) -> None:
    with small_engine(fresh_addresses, prepare_threshold) as engine:
        database = Database(engine)
        with database.writing() as session:
            assert session.scalar(text("SHOW transaction_read_only")) == "off"
        for timeout_ms in (None, 0):
            with database.reading(statement_timeout_ms=timeout_ms) as session:
                assert session.scalar(text("SHOW transaction_read_only")) == "on"
                with in_transaction(session):
                    assert session.scalar(text("SHOW transaction_read_only")) == "on"


def test_a_session_for_reading_holds_nothing_between_its_statements(fresh_addresses: Addresses) -> None:
    """And one that failed takes none of the others along."""
    database = Database(create_engine_for(fresh_addresses.straight_app_url))
    with database.reading() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        with database.reading() as other:
            state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
            assert other.scalar(state, {"pid": pid}) == "idle"
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT 1 / 0"))
        session.rollback()
        assert session.scalar(text("SELECT 1")) == 1
    database.dispose()


@pytest.mark.parametrize("prepare_threshold", [5, None])
def test_what_belongs_together_is_asked_in_one_transaction(
    fresh_addresses: Addresses, prepare_threshold: int | None
) -> None:
    memory, begun = text("SHOW work_mem"), text("SELECT now()")
    with small_engine(fresh_addresses, prepare_threshold) as engine, Database(engine).reading() as session:
        before = session.scalar(memory)
        with in_transaction(session):
            session.execute(text("SELECT set_config('work_mem', '7MB', true)"))
            moment = session.scalar(begun)
            with in_transaction(session):
                assert (session.scalar(memory), session.scalar(begun)) == ("7MB", moment)
            assert session.scalar(memory) == "7MB"
        if prepare_threshold is not None:
            assert session.scalar(memory) == before


@pytest.mark.parametrize("prepare_threshold", [5, None])
def test_what_fails_alone_leaves_the_session_as_it_was(
    fresh_addresses: Addresses, prepare_threshold: int | None
) -> None:
    with small_engine(fresh_addresses, prepare_threshold) as engine, Database(engine).reading() as session:
        with pytest.raises(DBAPIError, match="division"), failing_alone(session):
            session.execute(text("SELECT set_config('work_mem', '7MB', true), 1 / 0"))
        assert session.scalar(text("SHOW work_mem")) != "7MB"
        with pytest.raises(DBAPIError, match="statement timeout"), failing_alone(session):
            sleep_too_long(session)
        assert session.scalar(text("SHOW statement_timeout")) == "5s"
        with in_transaction(session), failing_alone(session):
            assert session.scalar(text("SELECT 1")) == 1


def test_a_connection_that_read_can_write_next(fresh_addresses: Addresses) -> None:
    with small_engine(fresh_addresses) as engine:
        database = Database(engine)
        assert answers(database)
        with database.writing() as session:
            assert session.scalar(text("SHOW transaction_read_only")) == "off"


@pytest.mark.parametrize("prepare_threshold", [5, None])
def test_settings_hold_in_every_transaction(
    fresh_addresses: Addresses, prepare_threshold: int | None
) -> None:
    with small_engine(fresh_addresses, prepare_threshold) as engine:
        for _ in range(2):
            with Database(engine).reading() as session:
                assert session.scalar(text("SHOW search_path")) in {"public,board", "public, board"}
                assert session.scalar(text("SHOW statement_timeout")) == "5s"
                assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "30s"
                assert session.execute(text("SELECT now()")).scalar_one().tzinfo == UTC


def test_a_slow_statement_is_ended_by_its_timeout_and_not_taken_for_a_dead_server(
    fresh_database: Database,
) -> None:
    timed_out = pytest.raises(OperationalError, match="statement timeout")
    with timed_out as failure, fresh_database.reading(statement_timeout_ms=1_500) as session:
        session.execute(text("SELECT pg_sleep(60)"))
    assert not is_database_gone(failure.value)
    assert answers(fresh_database)


def test_a_statement_that_takes_longer_than_our_patience_completes(fresh_database: Database) -> None:
    with fresh_database.reading(statement_timeout_ms=0) as session:
        assert session.scalar(text("SELECT 7 FROM pg_sleep(1.6)")) == 7


def test_all_connections_taken_is_said_in_time(fresh_addresses: Addresses) -> None:
    with small_engine(fresh_addresses) as engine, engine.connect():
        began = time.monotonic()
        with pytest.raises(exc.TimeoutError) as failure:
            answers(Database(engine))
        assert is_database_gone(failure.value)
        assert time.monotonic() - began < GUARANTEED_SECONDS


def test_pages_recover_at_once_after_the_server_was_killed(
    killable_server: EmbeddedServer, killable_database: Database
) -> None:
    assert answers(killable_database)
    killable_server.kill()
    assert fails_in_time(killable_database)
    killable_server.ensure_running()
    assert answers(killable_database)


def test_a_restart_between_two_pages_goes_unnoticed(
    killable_server: EmbeddedServer, killable_database: Database
) -> None:
    assert answers(killable_database)
    killable_server.kill()
    killable_server.ensure_running()
    assert answers(killable_database)


def test_a_frozen_server_is_noticed_and_recovered_from(
    killable_server: EmbeddedServer, killable_database: Database
) -> None:
    assert answers(killable_database)
    with frozen(killable_server):
        assert fails_in_time(killable_database), "on a connection of the pool"
        assert fails_in_time(killable_database), "on a new connection"
    assert answers(killable_database)


def test_a_frozen_server_behind_a_pooler_that_is_not_is_noticed(
    killable_server: EmbeddedServer, killable_addresses: Addresses
) -> None:
    with Pooler(killable_addresses.app_url, shares=True) as url:
        database = Database(create_engine_for(url, prepare_threshold=None))
        assert answers(database)
        with frozen(killable_server):
            for _ in ("on a connection of the pool", "on a new connection"):
                with pytest.raises(DBAPIError) as failure:
                    answers(database)
                assert is_database_gone(failure.value)
        assert answers(database)
        database.dispose()


def test_of_several_servers_one_that_says_nothing_is_passed_over(fresh_addresses: Addresses) -> None:
    url = make_url(fresh_addresses.app_url)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts, ports = f"127.0.0.1,{url.query['host']}", f"{silent.getsockname()[1]},{url.query['port']}"
        several = url.set(query={"host": hosts, "port": ports, "target_session_attrs": "read-write"})
        database = Database(create_engine_for(several))
        assert answers(database)
        database.dispose()


def test_a_statement_under_way_when_the_server_freezes_fails_in_time(
    killable_server: EmbeddedServer, killable_database: Database
) -> None:
    with killable_database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
        with frozen(killable_server):
            began = time.monotonic()
            with pytest.raises(DBAPIError) as failure:
                session.scalar(text("SELECT 2"))
            assert time.monotonic() - began < GUARANTEED_SECONDS
    assert is_database_gone(failure.value)
    assert answers(killable_database)


def test_what_was_committed_survives_the_death_of_the_server(
    killable_server: EmbeddedServer, killable_addresses: Addresses, killable_database: Database
) -> None:
    with opened_database(killable_addresses.owner_url) as owner, owner.writing() as session:
        session.execute(text("CREATE TABLE kept AS SELECT 42 AS number"))
    killable_server.kill()
    killable_server.ensure_running()
    with opened_database(killable_addresses.owner_url) as owner, owner.reading() as session:
        assert session.scalar(text("SELECT number FROM kept")) == 42

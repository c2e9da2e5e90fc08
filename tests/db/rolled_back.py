"""A Database whose transactions are savepoints of one connection, so that a test leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import ORMExecuteState, Session

from adminboard.db.embedded import APP_ROLE
from adminboard.db.engine import Database, set_statement_timeout


class WroteWhileReading(AssertionError):
    """A session for reading was used to write. Outside of tests, PostgreSQL itself refuses that."""


class RolledBackDatabase(Database):
    """`connection` must be in a transaction, which its maker rolls back. One thing at a time: no threads.

    Its sessions act as the role that the board runs as; outside of them the connection keeps its own role.
    """

    def __init__(self, connection: Connection) -> None:
        # Not the parent's: the engine's other connections are for writing, as tests are made of.
        self.engine = connection.engine
        self.connection = connection

    @contextmanager
    def reading(self, *, statement_timeout_ms: int | None = None) -> Iterator[Session]:
        """Keeps what a transaction inside it committed, as two connections would."""
        with (
            self._as_app_role(),
            Session(
                self.connection,
                join_transaction_mode="rollback_only",
                expire_on_commit=False,
                autoflush=False,
            ) as session,
        ):
            forbid_writing(session)
            if statement_timeout_ms is not None:
                set_statement_timeout(session, statement_timeout_ms)
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Checks the constraints that wait for the commit before it ends, as a commit does."""
        with (
            self._as_app_role(),
            Session(
                self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
            ) as session,
        ):
            yield session
            session.flush()
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
            session.commit()

    def dispose(self) -> None:
        """The connection belongs to the test."""

    @contextmanager
    def _as_app_role(self) -> Iterator[None]:
        """A savepoint with the app's role, after which role and statement timeout are as before."""
        before = self.connection.execute(
            text("SELECT current_user, current_setting('statement_timeout')")
        ).one()
        savepoint = self.connection.begin_nested()
        self.connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
        try:
            yield
        finally:
            if savepoint.is_active:
                end_savepoint(self.connection, savepoint)
            self.connection.execute(text(f"SET LOCAL ROLE {before.current_user}"))
            set_statement_timeout(self.connection, before.current_setting)


def end_savepoint(connection: Connection, savepoint: Any) -> None:
    """Release it, or roll it back when a statement in it failed: nothing else can follow then."""
    driver_connection = connection.connection.driver_connection
    assert driver_connection is not None
    if driver_connection.info.transaction_status == TransactionStatus.INERROR:
        savepoint.rollback()
    else:
        savepoint.commit()


def forbid_writing(session: Session) -> None:
    def refuse_flush(flushed: Session, *_: object) -> None:
        if flushed.new or flushed.dirty or flushed.deleted:
            raise WroteWhileReading

    def refuse_statement(state: ORMExecuteState) -> None:
        if state.is_insert or state.is_update or state.is_delete:
            raise WroteWhileReading

    event.listen(session, "before_flush", refuse_flush)
    event.listen(session, "do_orm_execute", refuse_statement)

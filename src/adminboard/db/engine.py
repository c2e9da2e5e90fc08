"""The engine: how the board connects to PostgreSQL, and the two kinds of session it works with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker

from adminboard.db.liveness import watch_connections
from adminboard.db.urls import parse_database_url

CONNECT_TIMEOUT_SECONDS = 2
POOL_TIMEOUT_SECONDS = 1.5
NETWORK_SETTINGS = {
    "keepalives_idle": 5,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 1_500,
}
"""A cut network shows within seconds. They have no effect on a Unix socket."""
_THROUGH_POOLER = "through_pooler"
"""The engine's own note of how it connects."""


def create_engine_for(
    url: str | URL,
    *,
    pool_size: int = 5,
    max_overflow: int = 5,
    application_name: str = "adminboard",
    statement_timeout_ms: int = 5_000,
    lock_timeout_ms: int = 4_000,
    idle_in_transaction_timeout_ms: int = 30_000,
    prepare_threshold: int | None = 5,
) -> Engine:
    """An engine whose connections answer or fail within seconds, and recover by themselves.

    It connects when first used. A timeout of 0 means none. `prepare_threshold=None` is for PgBouncer in
    transaction mode, where nothing may outlast a transaction: no prepared statements then, and the settings
    are made anew in each transaction. Raises BadDatabaseUrl.
    """
    settings = session_settings(statement_timeout_ms, lock_timeout_ms, idle_in_transaction_timeout_ms)
    connect_args: dict[str, Any] = {
        **NETWORK_SETTINGS,
        "application_name": application_name,
        "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "prepare_threshold": prepare_threshold,
    }
    through_pooler = prepare_threshold is None
    if not through_pooler:
        connect_args["options"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
    engine = create_engine(
        parse_database_url(url),
        connect_args=connect_args,
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        hide_parameters=True,
        execution_options={_THROUGH_POOLER: through_pooler},
    )
    watch_connections(engine, through_pooler=through_pooler)
    if through_pooler:
        set_in_each_transaction(engine, settings)
    return engine


def session_settings(
    statement_timeout_ms: int = 5_000, lock_timeout_ms: int = 4_000, idle_in_transaction_ms: int = 30_000
) -> dict[str, str]:
    """PostgreSQL's own settings for the board's connections."""
    return {
        "search_path": "public,board",
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(lock_timeout_ms),
        "idle_in_transaction_session_timeout": str(idle_in_transaction_ms),
    }


def set_in_each_transaction(engine: Engine, settings: Mapping[str, str]) -> None:
    """Make these settings at the beginning of every transaction, for that transaction only."""
    calls = [f"set_config('{name}', '{value}', true)" for name, value in settings.items()]
    statement = f"SELECT {', '.join(calls)}"

    def make_settings(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine, "begin", make_settings)


class Database:
    """Sessions on one engine. Whoever asks for a session says whether it may write.

    Sessions keep what they loaded after their transaction ends (`expire_on_commit=False`). The engine's
    connections refuse to write by default, so sessions for reading need no transaction; those for writing
    begin theirs with READ WRITE (docs/adr/0028).
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        for_writing = engine.execution_options(postgresql_readonly=False)
        read_only = engine.execution_options(postgresql_readonly=True)
        straight = read_only
        if not engine.get_execution_options()[_THROUGH_POOLER]:
            if not event.contains(engine, "connect", refuse_to_write_by_default):
                event.listen(engine, "connect", refuse_to_write_by_default)
            straight = read_only.execution_options(isolation_level="AUTOCOMMIT")
        self._reading = sessionmaker(straight, expire_on_commit=False, autoflush=False)
        self._reading_in_transaction = sessionmaker(read_only, expire_on_commit=False, autoflush=False)
        self._writing = sessionmaker(for_writing, expire_on_commit=False)

    @contextmanager
    def reading(self, *, statement_timeout_ms: int | None = None) -> Iterator[Session]:
        """A session that cannot write. Each of its statements sees what is committed by then; what belongs
        together is asked `in_transaction`.

        With a timeout, of which 0 means none, all of it is one READ ONLY transaction.
        """
        if statement_timeout_ms is None:
            with self._reading() as session:
                yield session
            return
        with self._reading_in_transaction() as session:
            set_statement_timeout(session, statement_timeout_ms)
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session in one transaction, committed when the block ends normally, rolled back if it raises."""
        with self._writing.begin() as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection. The database can be used again afterwards."""
        self.engine.dispose()


def refuse_to_write_by_default(connection: psycopg.Connection[Any], _record: Any) -> None:
    """Not as an option of the connection: a server that is asked for by ``target_session_attrs=read-write``
    would be passed over."""
    connection.autocommit = True
    connection.execute("SET default_transaction_read_only = on")
    connection.autocommit = False


@contextmanager
def in_transaction(session: Session) -> Iterator[None]:
    """The block's statements are in one transaction, also in a session that reads without: so settings made
    for a transaction hold."""
    connection = _driver_connection(session)
    if not connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    with connection.transaction():
        yield


@contextmanager
def failing_alone(session: Session) -> Iterator[None]:
    """The block's statements are in a transaction of their own, or a savepoint where there is one already:
    when they fail, the session is as it was. For sessions that read: one that writes would commit here."""
    connection = _driver_connection(session)
    assert connection.autocommit or connection.info.transaction_status != TransactionStatus.IDLE
    with connection.transaction():
        yield


@contextmanager
def planned_anew(session: Session) -> Iterator[None]:
    """The block's statements are planned for their values each time. What is prepared PostgreSQL plans after
    some executions once for any values: a search by an index of beginnings then reads the whole table."""
    connection = _driver_connection(session)
    before, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        yield
    finally:
        connection.prepare_threshold = before


def _driver_connection(session: Session) -> psycopg.Connection[Any]:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection


def set_statement_timeout(session: Session | Connection, timeout: int | str) -> None:
    """Allow the statements of this transaction so many milliseconds ("5s" does as well). 0 means no limit."""
    session.execute(text("SELECT set_config('statement_timeout', :timeout, true)"), {"timeout": str(timeout)})

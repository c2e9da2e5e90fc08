"""The engine: how the board connects to PostgreSQL, and the two kinds of session it works with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

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

    Sessions keep what they loaded after their transaction ends (`expire_on_commit=False`).
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        read_only = engine.execution_options(postgresql_readonly=True)
        self._reading = sessionmaker(read_only, expire_on_commit=False, autoflush=False)
        self._writing = sessionmaker(engine, expire_on_commit=False)

    @contextmanager
    def reading(self, *, statement_timeout_ms: int | None = None) -> Iterator[Session]:
        """A session in one READ ONLY transaction, rolled back at the end. A timeout of 0 means none."""
        with self._reading() as session:
            if statement_timeout_ms is not None:
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


def set_statement_timeout(session: Session | Connection, timeout: int | str) -> None:
    """Allow the statements of this transaction so many milliseconds ("5s" does as well). 0 means no limit."""
    session.execute(text("SELECT set_config('statement_timeout', :timeout, true)"), {"timeout": str(timeout)})

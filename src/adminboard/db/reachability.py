"""Whether the database can be used: in a sentence before the start, and as a yes or no for an error."""

import psycopg
from sqlalchemy import exc
from sqlalchemy.engine import URL

from adminboard.db.errors import DatabaseUnreachable
from adminboard.db.urls import parse_database_url, psycopg_conninfo, shown_database_url

OLDEST_SERVER_VERSION = 15
CHECK_TIMEOUT_SECONDS = 5
SERVER_GONE_STATES = {
    "57P01",  # it is being shut down
    "57P02",  # one of its processes crashed
    "57P03",  # it is starting or stopping
    "53300",  # it has no place for another connection
}


def require_database(url: str | URL, *, variable: str = "DATABASE_URL") -> None:
    """Connect once. Raises BadDatabaseUrl or DatabaseUnreachable, which never tell the password."""
    parsed = parse_database_url(url)
    shown = shown_database_url(parsed)
    try:
        with psycopg.connect(psycopg_conninfo(parsed), connect_timeout=CHECK_TIMEOUT_SECONDS) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise DatabaseUnreachable(
            f"The database at {shown} cannot be used: {why_unreachable(parsed, error)}. "
            f"Put that right, or set {variable} to another."
        ) from error
    if version < OLDEST_SERVER_VERSION:
        raise DatabaseUnreachable(
            f"The database at {shown} is PostgreSQL {version}, and the board needs {OLDEST_SERVER_VERSION} "
            f"or newer. Upgrade it, or set {variable} to another."
        )


def why_unreachable(url: URL, error: psycopg.Error) -> str:
    """The reason in a few words: the server's own where it gave one."""
    text = str(error)
    if "FATAL:" in text:
        return text.rsplit("FATAL:", 1)[1].strip().splitlines()[0].rstrip(".")
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return "nothing answers there"
    if "Connection refused" in text or "No such file" in text:
        return "no server listens there"
    if "resolve host" in text:
        return f"no machine named {url.host} is known"
    return text.splitlines()[0].rstrip(".")


def is_database_gone(error: BaseException) -> bool:
    """Whether the error means that the server, not the statement, is the trouble: to be answered by 503.

    A statement that took too long, waited too long for a lock, or broke a rule is not.
    """
    if isinstance(error, exc.TimeoutError):
        return True  # No connection came free in time.
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_database_gone(error.orig))
    if isinstance(error, psycopg.OperationalError | psycopg.InternalError):
        # An InternalError without a state: a pooler said goodbye right behind the answer to a statement.
        return (
            error.sqlstate is None or error.sqlstate in SERVER_GONE_STATES or error.sqlstate.startswith("08")
        )
    return False

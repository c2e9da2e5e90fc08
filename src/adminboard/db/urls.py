"""Database addresses: one spelling in, the spellings that SQLAlchemy and psycopg want out."""

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from adminboard.db.errors import BadDatabaseUrl

POSTGRESQL_SCHEMES = {"postgres", "postgresql", "postgresql+psycopg"}


def parse_database_url(url: str | URL) -> URL:
    """Take postgres://, postgresql:// or postgresql+psycopg://; give the last. Raises BadDatabaseUrl."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise BadDatabaseUrl("it is not of the form postgresql://user:password@host:5432/database") from error
    if parsed.drivername not in POSTGRESQL_SCHEMES:
        raise BadDatabaseUrl(f"it begins with {parsed.drivername}://, and the board needs postgresql://")
    if not parsed.database:
        raise BadDatabaseUrl("it names no database; add /name at its end")
    return parsed.set(drivername="postgresql+psycopg")


def psycopg_conninfo(url: str | URL) -> str:
    """The same address as a libpq connection string, for psycopg, psql and pg_dump. It holds the password."""
    parsed = parse_database_url(url)
    parts = {
        "host": parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
    }
    query = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in parsed.query.items()
    }
    return make_conninfo("", **{name: value for name, value in (parts | query).items() if value is not None})


def database_url_with_secret(url: str | URL) -> str:
    """The address with its password, as settings and SQLAlchemy take it. Never print or log it."""
    return parse_database_url(url).render_as_string(hide_password=False)


def shown_database_url(url: str | URL) -> str:
    """The address fit for a message: its password is hidden."""
    parsed = parse_database_url(url)
    hidden = parsed.difference_update_query(["password", "sslpassword"])
    return hidden.render_as_string(hide_password=True)

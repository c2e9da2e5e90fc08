"""An address that cannot be used is refused with a sentence, without a password in it."""

import pytest
from sqlalchemy.engine import URL, make_url

from adminboard.db.errors import BadDatabaseUrl, DatabaseError, DatabaseUnreachable
from adminboard.db.reachability import require_database
from adminboard.db.urls import database_url_with_secret, psycopg_conninfo, shown_database_url
from tests.db.templates import Addresses


def refusal(url: str | URL) -> str:
    with pytest.raises(DatabaseError) as refused:
        require_database(url, variable="DATABASE_URL")
    return str(refused.value)


def test_a_database_that_is_there_is_accepted(addresses: Addresses) -> None:
    require_database(addresses.app_url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://root@localhost/board", "needs postgresql://"),
        ("sqlite:///board.db", "needs postgresql://"),
        ("not an address", "is not of the form"),
        ("postgresql://localhost:port/board", "is not of the form"),
        ("postgresql://localhost:5432", "names no database"),
    ],
)
def test_an_address_of_the_wrong_form_is_refused(url: str, expected: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=expected):
        require_database(url)


def test_each_reason_is_named(addresses: Addresses) -> None:
    """Straight, since a pooler refuses in words of its own."""
    there = make_url(addresses.straight_app_url)
    assert 'database "nowhere" does not exist' in refusal(there.set(database="nowhere"))
    assert "password authentication failed" in refusal(there.set(password="wrong"))
    assert "no server listens there" in refusal(there.set(query={"host": "/nonexistent"}))
    assert "no server listens there" in refusal("postgresql://someone@127.0.0.1:1/board")
    assert "no machine named nobody.invalid" in refusal("postgresql://someone@nobody.invalid/board")


@pytest.mark.parametrize(
    "form", ["postgresql://u:hidden@127.0.0.1:1/b", "postgresql://u@127.0.0.1:1/b?password=hidden"]
)
def test_no_refusal_tells_the_password(form: str) -> None:
    with pytest.raises(DatabaseUnreachable) as refused:
        require_database(form)
    assert "hidden" not in str(refused.value)
    assert "hidden" not in shown_database_url(form)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_one_address_serves_sqlalchemy_and_psycopg(scheme: str) -> None:
    url = f"{scheme}://ada:p%40ss@/board?host=/run/sockets&port=5432"
    assert database_url_with_secret(url).startswith("postgresql+psycopg://ada:p%40ss@/board?")
    assert psycopg_conninfo(url) == "host=/run/sockets port=5432 user=ada password=p@ss dbname=board"

"""`adminboard ledger verify`: silence is not proof, so it says what it looked at."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from adminboard.core.clock import SystemClock
from adminboard.credits.cli import ledger_app
from adminboard.db.engine import Database
from adminboard.users.models import User
from tests.core.flags import make_runtime
from tests.credits.posting import post
from tests.db.templates import Addresses
from tests.factories import make_user


@pytest.fixture
def jane(
    fresh_addresses: Addresses,
    fresh_database: Database,
    fresh_owner_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> User:
    """The command's database, with one ledger in it."""
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", "s" * 32)
    with fresh_owner_database.writing() as session:
        jane = make_user(session, email="jane@example.com")
    runtime = make_runtime(fresh_database, SystemClock())
    post(runtime, jane, "20.00")
    post(runtime, jane, "-5.00")
    return jane


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(ledger_app, ["verify", *arguments])


def spoil(owner: Database) -> None:
    """A balance that no entry explains; the rules of the database would refuse it."""
    with owner.writing() as session:
        _without_rules(session)
        session.execute(text("UPDATE credit_balances SET total = total + 1, adjustment = adjustment + 1"))


def _without_rules(session: Session) -> None:
    session.execute(text("ALTER TABLE credit_balances DISABLE TRIGGER USER"))


def test_a_ledger_that_adds_up_says_what_was_verified(jane: User) -> None:
    result = verify()
    assert result.exit_code == 0, result.output
    assert result.stdout == "The ledger adds up. Entries in all: 2. Balances: 1.\n"
    assert json.loads(verify("--json").stdout)["adds_up"] is True


def test_one_that_does_not_exits_with_1_and_names_the_first_offender(
    jane: User, fresh_owner_database: Database
) -> None:
    spoil(fresh_owner_database)
    result = verify()
    assert result.exit_code == 1
    assert "This does not hold: A balance is the sum of its entries and of its buckets." in result.stderr
    assert f"user {jane.id}" in result.stderr
    found = verify("--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["violations"][0]["user_id"] == str(jane.id)


def test_one_user_is_verified_by_id_or_e_mail(jane: User, fresh_owner_database: Database) -> None:
    with fresh_owner_database.writing() as session:
        other = make_user(session)
    spoil(fresh_owner_database)
    assert verify("--user", str(other.id)).exit_code == 0
    assert verify("--user", "jane@example.com").exit_code == 1
    unknown = verify("--user", "nobody@example.com")
    assert unknown.exit_code == 1
    assert "There is no user nobody@example.com" in unknown.stderr

"""Admins and keys from the command line of the server."""

import json
import re
from typing import Any

import pytest
from typer.testing import CliRunner

from adminboard.auth.cli import admins_app, keys_app
from adminboard.auth.keys import find_key_actor
from adminboard.auth.sealing import SealedTexts
from adminboard.auth.set_password import set_password
from adminboard.auth.totp import SEALING_PURPOSE
from adminboard.core.permissions import Permission, Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from tests.auth.staff import HOME, SECRET_KEY, add_person, can_enter, make_runtime, put_rows
from tests.db.templates import Addresses

NEW_PASSWORD = "my cat sleeps on the ledger"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, fresh_addresses: Addresses) -> None:
    """The variables of a server whose database is this test's."""
    monkeypatch.setenv("DATABASE_URL", fresh_addresses.app_url)
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("APP_ENV", "test")


@pytest.fixture
def runtime(fresh_database: Database) -> Runtime:
    """The board on the same database, at the time the commands take for now."""
    made = make_runtime(fresh_database)
    return Runtime(made.settings, fresh_database)


@pytest.fixture
def owner(fresh_owner_database: Database) -> str:
    with put_rows(fresh_owner_database) as rows:
        return add_person(rows, Role.ADMIN, email="owner@board.test").email


def call(app: Any, *words: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == exit_code, result.output
    return result.output


def test_an_admin_made_here_sets_a_password_with_the_printed_code(runtime: Runtime) -> None:
    output = call(admins_app, "create", "first@board.test", "--role", "admin")
    code = re.search(r"shown once: (\S+)", output)
    assert code is not None
    assert "/set-password" in output

    set_password(runtime, HOME, code[1], NEW_PASSWORD)

    assert can_enter(runtime, "first@board.test", NEW_PASSWORD)


def test_second_factors_are_sealed_anew_and_counted(runtime: Runtime, fresh_owner_database: Database) -> None:
    assert call(admins_app, "reseal", "--json") == '{"resealed": 0}\n'
    with put_rows(fresh_owner_database) as rows:
        sealed = SealedTexts([SECRET_KEY], SEALING_PURPOSE).seal("JBSWY3DPEHPK3PXP")
        add_person(rows, Role.ADMIN, email="sealed@board.test").totp_secret_encrypted = sealed

    assert call(admins_app, "reseal") == "Second factors that have the current key now: 1.\n"


def test_the_same_address_twice_is_refused_with_a_sentence(owner: str) -> None:
    output = call(admins_app, "create", owner, exit_code=1)

    assert f"{owner} belongs to the staff already." in output


def test_the_last_administrator_is_not_disabled(runtime: Runtime, owner: str) -> None:
    output = call(admins_app, "disable", owner, exit_code=1)

    assert "last active administrator" in output
    assert can_enter(runtime, owner)


def test_an_admin_is_disabled(runtime: Runtime, owner: str, fresh_owner_database: Database) -> None:
    with put_rows(fresh_owner_database) as rows:
        add_person(rows, email="sam@board.test")

    assert "sam@board.test was disabled." in call(admins_app, "disable", "sam@board.test")

    assert not can_enter(runtime, "sam@board.test")


def test_removing_a_second_factor_that_is_not_set_says_so(owner: str) -> None:
    assert "has no second factor" in call(admins_app, "reset-2fa", owner, exit_code=1)


def test_a_key_is_made_listed_and_revoked(runtime: Runtime, owner: str) -> None:
    words = ["create", "Robot", "--owner", owner, "--scope", "customers.read", "--scope", "usage.write"]
    made = json.loads(call(keys_app, *words, "--json"))
    text, prefix = made["shown_once"]["api_key"], made["result"]["prefix"]
    with runtime.reading() as session:
        actor = find_key_actor(session, text, runtime.clock.now(), environment_key=None)
    assert actor is not None
    assert actor.permissions == {Permission.CUSTOMERS_READ, Permission.USAGE_WRITE}

    listed = json.loads(call(keys_app, "list", "--json"))
    assert [(key["prefix"], key["status"]) for key in listed] == [(f"abk_{prefix}", "valid")]
    assert text not in json.dumps(listed)
    call(keys_app, "revoke", f"abk_{prefix}")

    assert "revoked" in call(keys_app, "list")
    with runtime.reading() as session:
        assert find_key_actor(session, text, runtime.clock.now(), environment_key=None) is None


def test_an_unknown_key_and_an_unknown_scope_are_refused(owner: str) -> None:
    assert "No key begins with abk_none" in call(keys_app, "revoke", "none", exit_code=1)
    words = ["create", "Robot", "--owner", owner, "--scope", "everything"]
    assert "scopes" in call(keys_app, *words, exit_code=1)

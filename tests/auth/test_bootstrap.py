"""The first administrator comes from the environment, once, and is never reset by it."""

import bcrypt
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.bootstrap import ensure_first_admin
from adminboard.auth.models import Admin
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from tests.auth.staff import PASSWORD, START, add_person, can_enter, make_runtime, password_hash


def configured(database: Database, stored_hash: str) -> Runtime:
    return make_runtime(database, admin_email="First@Board.test", admin_password_hash=SecretStr(stored_hash))


@pytest.mark.parametrize(
    "make_hash", [lambda: bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(), password_hash]
)
def test_the_administrator_of_the_environment_is_made_and_logs_in(
    database: Database, session: Session, make_hash: object
) -> None:
    assert callable(make_hash)
    runtime = configured(database, make_hash())

    assert ensure_first_admin(runtime)

    admin = session.scalars(select(Admin)).one()
    assert (admin.email, admin.role) == ("first@board.test", Role.ADMIN)
    assert can_enter(runtime, "first@board.test")
    assert "admins.bootstrap" in session.scalars(select(AuditEntry.action)).all()


def test_an_account_that_exists_is_left_as_it_is(database: Database, session: Session) -> None:
    admin = add_person(
        session, Role.VIEWER, email="first@board.test", password_hash="kept", disabled_at=START
    )

    assert not ensure_first_admin(configured(database, password_hash()))

    session.refresh(admin)
    assert (admin.role, admin.password_hash, admin.disabled_at) == (Role.VIEWER, "kept", START)
    assert session.scalars(select(AuditEntry)).all() == []


def test_a_second_start_makes_nobody(database: Database, session: Session) -> None:
    runtime = configured(database, password_hash())

    assert [ensure_first_admin(runtime), ensure_first_admin(runtime)] == [True, False]
    assert len(session.scalars(select(Admin)).all()) == 1


def test_a_password_in_place_of_its_hash_stops_the_start(database: Database) -> None:
    with pytest.raises(SettingsError, match="ADMIN_PASSWORD_HASH"):
        ensure_first_admin(configured(database, PASSWORD))


def test_without_the_variables_nobody_is_made(database: Database) -> None:
    assert not ensure_first_admin(make_runtime(database))

"""The job that counts users' calls."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.users.figures import refresh_call_figures
from adminboard.users.models import UserFigures
from tests.factories import START, make_business, make_call, make_user

NOW = START + timedelta(days=40)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return Runtime(Settings(), database, MovableClock(NOW))


def figures(session: Session) -> dict[object, int]:
    session.expire_all()
    return {row.user_id: row.calls_30d for row in session.scalars(select(UserFigures))}


def test_the_calls_of_thirty_days_are_counted_for_the_owner(session: Session, runtime: Runtime) -> None:
    user, quiet = make_user(session), make_user(session)
    for business in (make_business(session, owner_id=user.id), make_business(session, owner_id=user.id)):
        make_call(session, business_id=business.id, started_at=NOW - timedelta(days=29))
        make_call(session, business_id=business.id, started_at=NOW - timedelta(days=31))
    session.flush()

    assert refresh_call_figures(runtime) == 1

    assert figures(session) == {user.id: 2}
    assert quiet.id not in figures(session)


def test_a_user_whose_calls_have_grown_old_loses_the_figure(session: Session, runtime: Runtime) -> None:
    business = make_business(session, owner_id=make_user(session).id)
    make_call(session, business_id=business.id, started_at=NOW - timedelta(days=20))
    session.flush()
    refresh_call_figures(runtime)

    assert isinstance(runtime.clock, MovableClock)
    runtime.clock.advance(timedelta(days=15))

    assert refresh_call_figures(runtime) == 1
    assert figures(session) == {}


def test_counting_again_changes_nothing_and_leaves_no_trace(session: Session, runtime: Runtime) -> None:
    business = make_business(session, owner_id=make_user(session).id)
    make_call(session, business_id=business.id, started_at=NOW - timedelta(days=1))
    session.flush()
    refresh_call_figures(runtime)
    entries = len(session.scalars(select(AuditEntry.id)).all())

    assert refresh_call_figures(runtime) == 0
    assert len(session.scalars(select(AuditEntry.id)).all()) == entries

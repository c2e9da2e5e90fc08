from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.core.clock import MovableClock
from adminboard.credits import expiry
from adminboard.credits.expiry import expire_due
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditTransaction, OpenGrant
from adminboard.credits.verify import verify_ledger
from adminboard.runtime import Runtime
from adminboard.users.models import User
from tests.credits.posting import post
from tests.factories import make_user

DAY = timedelta(days=1)


def expiries(session: Session) -> list[CreditTransaction]:
    statement = select(CreditTransaction).where(CreditTransaction.type == TransactionType.EXPIRY)
    return list(session.scalars(statement))


def test_the_job_posts_what_is_left_of_due_grants(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    post(runtime, user, "10", TransactionType.GRANT_TRIAL, expires_in=DAY)
    post(runtime, user, "10", expires_in=2 * DAY)
    post(runtime, user, "-4", TransactionType.DEDUCT_USAGE)
    clock.advance(DAY)
    assert expire_due(runtime) == 1
    (entry,) = expiries(session)
    assert entry.amount == -6
    assert entry.balance_after == 10
    assert entry.description == "Expired: what was left of the trial credits granted on 2026-03-01 (UTC)"
    assert verify_ledger(session) == []


def test_the_job_tells_the_audit_log_as_the_system(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    post(runtime, user, "10", expires_in=DAY)
    clock.advance(DAY)
    expire_due(runtime)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "credits.expire")).one()
    assert (entry.actor_name, entry.target_id) == ("credit expiry", str(user.id))
    assert entry.summary == "$10.00 of jane@example.com expired: $10.00 → $0.00"


def test_the_job_finds_nothing_the_second_time(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    post(runtime, user, "10", expires_in=DAY)
    assert expire_due(runtime) == 0
    clock.advance(DAY)
    assert expire_due(runtime) == 1
    assert expire_due(runtime) == 0
    assert len(expiries(session)) == 1


def test_the_job_works_through_more_users_than_fit_one_batch(
    runtime: Runtime, session: Session, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "USERS_PER_BATCH", 2)
    for number in range(5):
        post(runtime, make_user(session, email=f"user{number}@example.com"), "1", expires_in=DAY)
    clock.advance(DAY)
    assert expire_due(runtime) == 5
    assert session.scalars(select(OpenGrant)).all() == []
    assert verify_ledger(session) == []


def test_credits_of_inactive_users_expire_too(
    runtime: Runtime, session: Session, clock: MovableClock
) -> None:
    gone = make_user(session, email="gone@example.com", is_active=False)
    post(runtime, gone, "1", expires_in=DAY)
    clock.advance(DAY)
    assert expire_due(runtime) == 1

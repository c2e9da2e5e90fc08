"""What is past its time is thrown away at night, with an entry, and nothing else is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, table, text
from sqlalchemy.orm import Session

from adminboard.auth.models import AdminSession, LoginAttempt, LoginOutcome
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import IdempotencyKey
from adminboard.system import housekeeping
from adminboard.system.area import area
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.factories import START, make_admin


@pytest.fixture
def board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


def put_session(session: Session, expires_at: datetime) -> None:
    session.add(
        AdminSession(
            id=uuid4(),
            token_hash=uuid4().bytes * 2,
            admin_id=make_admin(session).id,
            created_at=expires_at - timedelta(hours=8),
            expires_at=expires_at,
            stepped_up_at=expires_at,
        )
    )


def put_attempt(session: Session, at: datetime) -> None:
    session.add(LoginAttempt(id=uuid4(), account="someone", at=at, outcome=LoginOutcome.FAILED))


def put_key(session: Session, expires_at: datetime) -> None:
    session.add(
        IdempotencyKey(
            scope="someone",
            key=str(uuid4()),
            fingerprint=bytes(32),
            created_at=START - timedelta(days=40),
            expires_at=expires_at,
        )
    )


def put_failed_job(session: Session, at: datetime) -> None:
    """One that the clock had queued, tried an hour before it failed."""
    job = session.scalar(
        text(
            "INSERT INTO board.procrastinate_jobs (queue_name, task_name, status) "
            "VALUES ('default', 'check_figures', 'failed') RETURNING id"
        )
    )
    session.execute(
        text("UPDATE board.procrastinate_events SET at = :at WHERE job_id = :job"),
        {"at": at - timedelta(hours=1), "job": job},
    )
    session.execute(
        text("INSERT INTO board.procrastinate_events (job_id, type, at) VALUES (:job, 'failed', :at)"),
        {"at": at, "job": job},
    )
    session.execute(
        text(
            "INSERT INTO board.procrastinate_periodic_defers (task_name, defer_timestamp, job_id) "
            "VALUES ('check_figures', :job, :job)"
        ),
        {"job": job},
    )


KINDS = (
    ("forget_failed_jobs", table("procrastinate_jobs", schema="board"), put_failed_job, timedelta(days=30)),
    ("forget_old_sessions", AdminSession, put_session, timedelta(days=90)),
    ("forget_old_attempts", LoginAttempt, put_attempt, timedelta(days=1)),
    ("forget_expired_keys", IdempotencyKey, put_key, timedelta(0)),
)


@pytest.mark.parametrize(("name", "model", "put", "kept_for"), KINDS, ids=[kind[0] for kind in KINDS])
def test_a_job_forgets_exactly_what_is_past_its_time(
    name: str, model: Any, put: Any, kept_for: timedelta, board: BoardUnderTest, monkeypatch: Any
) -> None:
    monkeypatch.setattr(housekeeping, "ROWS_PER_BATCH", 2)
    [job] = [job for job in area.jobs if job.name == name]
    with board.rows() as session:
        for days in range(5):
            put(session, START - kept_for - timedelta(days=days))
        put(session, START - kept_for + timedelta(seconds=1))
    assert job.run(board.runtime) == 5
    assert job.run(board.runtime) == 0
    with board.rows() as session:
        assert session.scalar(select(func.count()).select_from(model)) == 1
        summaries = session.scalars(select(AuditEntry.summary).order_by(AuditEntry.position)).all()
    words = summaries[0].removeprefix("Forgot 2 ")
    assert summaries == [f"Forgot {number} {words}" for number in (2, 2, 1)]


def test_jobs_that_wait_stay_however_long(board: BoardUnderTest) -> None:
    with board.rows() as session:
        put_failed_job(session, START - timedelta(days=300))
        session.execute(text("UPDATE board.procrastinate_jobs SET status = 'todo'"))
    assert housekeeping.forget_failed_jobs(board.runtime) == 0


def test_a_job_with_nothing_to_do_writes_nothing(board: BoardUnderTest) -> None:
    for job in area.jobs:
        assert job.run(board.runtime) == 0
    with board.rows() as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0

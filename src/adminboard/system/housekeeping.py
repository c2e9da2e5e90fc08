"""Throwing away what nobody needs any more: answered keys, old sessions, old guesses and jobs that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from procrastinate.jobs import Status
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    and_,
    cast,
    column,
    delete,
    func,
    select,
    table,
    tuple_,
)

from adminboard.auth.attempts import KEPT_FOR as ATTEMPTS_KEPT_FOR
from adminboard.auth.models import AdminSession, LoginAttempt
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.models import IdempotencyKey
from adminboard.db.base import BOARD
from adminboard.jobs import EVERY_NIGHT, PeriodicJob
from adminboard.runtime import Runtime

ROWS_PER_BATCH = 5_000
SESSIONS_KEPT_FOR = timedelta(days=90)
"""Ended sessions stay this long for whoever asks when a person was logged in, and from where."""
JOBS_KEPT_FOR = timedelta(days=30)
"""For whoever looks into what failed. Afterwards the doctor warns of it no more."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """A kind of row that is kept for a time: ``is_due`` says of which, and for how long, at a moment."""

    table: Any
    key: Sequence[Any]
    is_due: Callable[[datetime], ColumnElement[bool]]
    action: str
    words: str


_QUEUE = table("procrastinate_jobs", column("id", BigInteger), column("status", Text), schema=BOARD)
_QUEUE_EVENTS = table(
    "procrastinate_events",
    column("job_id", BigInteger),
    column("at", DateTime(timezone=True)),
    schema=BOARD,
)
"""The job queue's own, of which there are no models; it deletes what belongs to a job with it."""


def _failed_long_ago(now: datetime) -> ColumnElement[bool]:
    last = select(func.max(_QUEUE_EVENTS.c.at)).where(_QUEUE_EVENTS.c.job_id == _QUEUE.c.id)
    has_failed = cast(_QUEUE.c.status, Text) == Status.FAILED.value
    return and_(has_failed, last.scalar_subquery() <= now - JOBS_KEPT_FOR)


KEYS = Expiring(
    IdempotencyKey.__table__,
    (IdempotencyKey.scope, IdempotencyKey.key),
    lambda now: IdempotencyKey.expires_at <= now,
    "housekeeping.forget_keys",
    "idempotency keys",
)
SESSIONS = Expiring(
    AdminSession.__table__,
    (AdminSession.id,),
    lambda now: AdminSession.expires_at <= now - SESSIONS_KEPT_FOR,
    "housekeeping.forget_sessions",
    "sessions",
)
ATTEMPTS = Expiring(
    LoginAttempt.__table__,
    (LoginAttempt.id,),
    lambda now: LoginAttempt.at <= now - ATTEMPTS_KEPT_FOR,
    "housekeeping.forget_attempts",
    "login attempts",
)
FAILED_JOBS = Expiring(_QUEUE, (_QUEUE.c.id,), _failed_long_ago, "housekeeping.forget_jobs", "failed jobs")


def forget(runtime: Runtime, expiring: Expiring) -> int:
    """Deletes the rows past their time, in small commits with an entry each; returns how many.

    Writes nothing, and no audit entry, when there are none.
    """
    forgotten = 0
    while True:
        with runtime.reading() as session:
            is_due = expiring.is_due(runtime.clock.now())
            due = session.scalar(select(func.count()).select_from(expiring.table).where(is_due))
        if not due:
            return forgotten
        forgotten += _forget_batch(runtime, expiring)


def _forget_batch(runtime: Runtime, expiring: Expiring) -> int:
    with runtime.work(system_actor("housekeeping")) as work:
        keys = select(*expiring.key).where(expiring.is_due(work.now())).limit(ROWS_PER_BATCH)
        gone = work.session.execute(delete(expiring.table).where(tuple_(*expiring.key).in_(keys)))
        count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE always counts its rows
        target = Target(expiring.table.name, "expired", f"expired {expiring.words}")
        work.audit(expiring.action, target, f"Forgot {count} {expiring.words} past their time")
        return count


def forget_expired_keys(runtime: Runtime) -> int:
    """Idempotency keys past their 30 days."""
    return forget(runtime, KEYS)


def forget_old_sessions(runtime: Runtime) -> int:
    """Sessions that ran out more than 90 days ago."""
    return forget(runtime, SESSIONS)


def forget_old_attempts(runtime: Runtime) -> int:
    """Login attempts of more than a day ago, which no limit counts any more."""
    return forget(runtime, ATTEMPTS)


def forget_failed_jobs(runtime: Runtime) -> int:
    """Jobs that failed more than 30 days ago; those that succeed are deleted at once."""
    return forget(runtime, FAILED_JOBS)


JOBS = (
    PeriodicJob("forget_expired_keys", EVERY_NIGHT, forget_expired_keys),
    PeriodicJob("forget_old_sessions", EVERY_NIGHT, forget_old_sessions),
    PeriodicJob("forget_old_attempts", EVERY_NIGHT, forget_old_attempts),
    PeriodicJob("forget_failed_jobs", EVERY_NIGHT, forget_failed_jobs),
)

"""Throwing away what nobody needs any more: answered keys, old sessions and old guesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, tuple_

from adminboard.auth.attempts import KEPT_FOR as ATTEMPTS_KEPT_FOR
from adminboard.auth.models import AdminSession, LoginAttempt
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.models import IdempotencyKey
from adminboard.jobs import EVERY_NIGHT, PeriodicJob
from adminboard.runtime import Runtime

ROWS_PER_BATCH = 5_000
SESSIONS_KEPT_FOR = timedelta(days=90)
"""Ended sessions stay this long for whoever asks when a person was logged in, and from where."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """A kind of row that is kept for a time: ``is_due`` says of which, and for how long, at a moment."""

    model: Any
    key: Sequence[Any]
    is_due: Callable[[datetime], ColumnElement[bool]]
    action: str
    words: str


KEYS = Expiring(
    IdempotencyKey,
    (IdempotencyKey.scope, IdempotencyKey.key),
    lambda now: IdempotencyKey.expires_at <= now,
    "housekeeping.forget_keys",
    "idempotency keys",
)
SESSIONS = Expiring(
    AdminSession,
    (AdminSession.id,),
    lambda now: AdminSession.expires_at <= now - SESSIONS_KEPT_FOR,
    "housekeeping.forget_sessions",
    "sessions",
)
ATTEMPTS = Expiring(
    LoginAttempt,
    (LoginAttempt.id,),
    lambda now: LoginAttempt.at <= now - ATTEMPTS_KEPT_FOR,
    "housekeeping.forget_attempts",
    "login attempts",
)


def forget(runtime: Runtime, expiring: Expiring) -> int:
    """Deletes the rows past their time, in small commits with an entry each; returns how many.

    Writes nothing, and no audit entry, when there are none.
    """
    forgotten = 0
    while True:
        with runtime.reading() as session:
            is_due = expiring.is_due(runtime.clock.now())
            due = session.scalar(select(func.count()).select_from(expiring.model).where(is_due))
        if not due:
            return forgotten
        forgotten += _forget_batch(runtime, expiring)


def _forget_batch(runtime: Runtime, expiring: Expiring) -> int:
    with runtime.work(system_actor("housekeeping")) as work:
        keys = select(*expiring.key).where(expiring.is_due(work.now())).limit(ROWS_PER_BATCH)
        gone = work.session.execute(delete(expiring.model).where(tuple_(*expiring.key).in_(keys)))
        count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE always counts its rows
        table = expiring.model.__tablename__
        target = Target(table, "expired", f"expired {expiring.words}")
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


JOBS = (
    PeriodicJob("forget_expired_keys", EVERY_NIGHT, forget_expired_keys),
    PeriodicJob("forget_old_sessions", EVERY_NIGHT, forget_old_sessions),
    PeriodicJob("forget_old_attempts", EVERY_NIGHT, forget_old_attempts),
)

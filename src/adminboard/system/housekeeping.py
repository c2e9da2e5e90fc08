"""Throwing away what nobody needs any more: answered idempotency keys past their time."""

from __future__ import annotations

from sqlalchemy import delete, func, select, tuple_

from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.models import IdempotencyKey
from adminboard.jobs import EVERY_NIGHT, PeriodicJob
from adminboard.runtime import Runtime

ROWS_PER_BATCH = 5_000


def forget_expired_keys(runtime: Runtime) -> int:
    """Deletes idempotency keys past their 30 days, in small commits; returns how many."""
    forgotten = 0
    while True:
        with runtime.reading() as session:
            expired = IdempotencyKey.expires_at <= runtime.clock.now()
            due = session.scalar(select(func.count()).select_from(IdempotencyKey).where(expired))
        if not due:
            return forgotten
        with runtime.work(system_actor("housekeeping")) as work:
            keys = (
                select(IdempotencyKey.scope, IdempotencyKey.key)
                .where(IdempotencyKey.expires_at <= work.now())
                .limit(ROWS_PER_BATCH)
            )
            both = tuple_(IdempotencyKey.scope, IdempotencyKey.key)
            gone = work.session.execute(delete(IdempotencyKey).where(both.in_(keys)))
            count = gone.rowcount  # type: ignore[attr-defined]  # a DELETE always counts its rows
            target = Target("idempotency_keys", "expired", "expired idempotency keys")
            work.audit("housekeeping.forget_keys", target, f"Forgot {count} idempotency keys past their time")
            forgotten += count


forget_keys_nightly = PeriodicJob("forget_expired_keys", EVERY_NIGHT, forget_expired_keys)

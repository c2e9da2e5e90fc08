"""Reading lists and exports from a standby of the database, as long as it is fresh enough (docs/adr/0021).

Fresh enough is: it knows the last thing its reader changed, and it is not far behind in all the rest. Both
follow from what is written anyway, the audit trail and the workers' signs of life; the standby is asked for
nothing but rows, so that it makes no difference how it is kept.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import structlog
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from adminboard.core.actor import Actor
from adminboard.core.audit_models import AuditEntry
from adminboard.db.engine import Database

logger = structlog.get_logger(__name__)
MOST_LAG_SECONDS = 30
"""Workers give a sign every 10 s; one that is older on the standby means that the standby is behind."""
PAUSE_SECONDS = 5.0
"""How long a standby that failed is left alone, so that not every list waits for it."""
_IS_FRESH = text(
    "SELECT (SELECT position FROM board.audit_head) >= :needed AND coalesce((SELECT max(last_heartbeat) "
    "FROM board.procrastinate_workers) > clock_timestamp() - make_interval(secs => :most_lag), false)"
)


class Replica:
    """The standby as one process reaches it. ``exports`` has connections of its own and no time limit."""

    def __init__(self, database: Database, exports: Database) -> None:
        self.database = database
        self.exports = exports
        self._left_alone_until = 0.0

    def find_session(self, stack: ExitStack, needed: int, *, exporting: bool = False) -> Session | None:
        """A session on the standby, closed with the stack; None where it is away, or not fresh enough for a
        reader whose last change is the entry at the position ``needed``."""
        if time.monotonic() < self._left_alone_until:
            return None
        opened = ExitStack()
        with opened:
            try:
                database = self.exports if exporting else self.database
                timeout_ms = 0 if exporting else None
                session = opened.enter_context(database.reading(statement_timeout_ms=timeout_ms))
                if session.scalar(_IS_FRESH, {"needed": needed, "most_lag": MOST_LAG_SECONDS}):
                    stack.enter_context(opened.pop_all())
                    return session
            except (DBAPIError, PoolTimeout) as error:
                self.leave_alone(error)
        return None

    def leave_alone(self, error: Exception) -> None:
        """It failed: whoever comes next reads from the primary."""
        logger.warning("replica_failed", error=type(error).__name__)
        self._left_alone_until = time.monotonic() + PAUSE_SECONDS

    def dispose(self) -> None:
        self.database.dispose()
        self.exports.dispose()


def find_last_change(session: Session, actor: Actor) -> int:
    """The position of the actor's newest entry in the trail, which has each of their changes; 0 without."""
    is_theirs = AuditEntry.actor_id == actor.id
    if actor.id is None:
        is_theirs = AuditEntry.actor_name == actor.name
    return session.scalar(select(func.max(AuditEntry.position)).where(is_theirs)) or 0

"""Queueing a job in the transaction of a work: it is there exactly when the work was committed."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import procrastinate
from procrastinate import SyncPsycopgConnector
from sqlalchemy import text

from adminboard.core.work import Work

QUEUED_ONCE = """
    INSERT INTO board.procrastinate_jobs (queue_name, task_name, priority, queueing_lock, args)
    SELECT 'default', {task}, {priority}, {task}, '{{}}'
    WHERE {condition}
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""
"""Queues a task that is not waiting already, as a part of a larger statement too: procrastinate's own way
raises where it waits, which would undo whatever else the transaction did."""


def queue(work: Work, task: str, *, at: datetime | None = None, priority: int = 0, **arguments: str) -> None:
    """Has a worker run the task of this name with these arguments, not before ``at``; what has a higher
    ``priority`` goes first."""
    connection = work.session.connection().connection.driver_connection
    _app().configure_task(task, connection=connection, schedule_at=at, priority=priority).defer(**arguments)


def queue_once(work: Work, task: str, *, priority: int = 0) -> None:
    """The same for a task without arguments, unless one is waiting to be begun."""
    statement = QUEUED_ONCE.format(task="CAST(:task AS text)", priority=":priority", condition="true")
    work.session.execute(text(statement), {"task": task, "priority": priority})


@cache
def _app() -> procrastinate.App:
    """Opens no connection: it only spells jobs for the connection of a work."""
    return procrastinate.App(connector=SyncPsycopgConnector())

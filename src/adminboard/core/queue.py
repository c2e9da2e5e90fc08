"""Queueing a job in the transaction of a work: it is there exactly when the work was committed."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import procrastinate
from procrastinate import SyncPsycopgConnector

from adminboard.core.work import Work


def queue(work: Work, task: str, *, at: datetime | None = None, priority: int = 0, **arguments: str) -> None:
    """Has a worker run the task of this name with these arguments, not before ``at``; what has a higher
    ``priority`` goes first."""
    connection = work.session.connection().connection.driver_connection
    _app().configure_task(task, connection=connection, schedule_at=at, priority=priority).defer(**arguments)


@cache
def _app() -> procrastinate.App:
    """Opens no connection: it only spells jobs for the connection of a work."""
    return procrastinate.App(connector=SyncPsycopgConnector())

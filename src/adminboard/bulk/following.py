"""Following a run from the command line, which advances it itself, beside whatever workers there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from adminboard.bulk.queries import RunDetail, get_run_detail
from adminboard.core.run_advancing import RunAdvancer
from adminboard.runtime import Runtime

PAUSE_SECONDS = 0.5

Show = Callable[[RunDetail], None]


def follow(runtime: Runtime, advancer: RunAdvancer, run_id: UUID, show: Show) -> RunDetail:
    """Advances the run until nothing more is to be done for now, showing how far it is; returns how it is.

    Where a worker has claimed it, waits for that one.
    """
    while True:
        with runtime.reading() as session:
            run = get_run_detail(session, run_id)
        show(run)
        if not run.is_advancing:
            return run
        if advancer.advance_next(run_id) is None:
            time.sleep(PAUSE_SECONDS)

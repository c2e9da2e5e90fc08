"""What the worker does with events: applies those that are due, soon after they come and every minute."""

from __future__ import annotations

import time

from adminboard.core.queue import queue_once
from adminboard.jobs import EVERY_FIVE_MINUTES, EVERY_MINUTE, EVERY_NIGHT, DeferredJob, PeriodicJob
from adminboard.runtime import Runtime
from adminboard.webhooks.applying import WORKER, EventApplier
from adminboard.webhooks.failures import explain_failures
from adminboard.webhooks.gaps import find_gaps_nightly
from adminboard.webhooks.waking import APPLY_EVENTS, EXPLAIN_FAILURES, PRIORITY

SLICE_SECONDS = 4.0
"""As long as a run is advanced before others get their turn."""


def apply_due_events(runtime: Runtime) -> int:
    """Applies what is due for a slice of time, and queues the next slice where that was not all; returns how
    many events it took. Twice is once, and what a killed worker left is taken up by the next."""
    applier, ends_at, count = EventApplier(runtime), time.monotonic() + SLICE_SECONDS, 0
    while True:
        with runtime.stepping():
            taken = applier.apply_next()
        if not taken:
            break
        count += taken
        if time.monotonic() >= ends_at:
            with runtime.work(WORKER) as work:
                queue_once(work, APPLY_EVENTS, priority=PRIORITY)
                work.keep_events()
            break
    return count


apply_events = DeferredJob(APPLY_EVENTS, apply_due_events)
"""Queued by whoever keeps an event or puts one back."""
apply_due = PeriodicJob("apply_due_billing_events", EVERY_MINUTE, apply_due_events)
"""For those whose pause is over, and those that a killed worker had."""
explain_failed = DeferredJob(EXPLAIN_FAILURES, explain_failures)
"""Queued whenever an event of a failed payment is applied."""
explain_left_over = PeriodicJob("explain_left_over_payments", EVERY_FIVE_MINUTES, explain_failures)
"""For those that Stripe was away for."""
find_gaps = PeriodicJob("find_webhook_gaps", EVERY_NIGHT, find_gaps_nightly)

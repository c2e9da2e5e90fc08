"""Why payments failed. The event that says that one did does not say why, so Stripe is asked after it was
applied: what follows from the failure waits for nobody, and each failure costs one call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.invoice_detail import PAYMENT_FAILED
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.queue import queue_once
from adminboard.core.work import Work, forbid_inside_work
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.objects import PaymentFailure
from adminboard.webhooks.applying import WORKER
from adminboard.webhooks.outcomes import target_of
from adminboard.webhooks.waking import EXPLAIN_FAILURES, PRIORITY

ASKED_FOR = timedelta(days=1)
"""How long after a failure Stripe is asked, while it does not answer; later payments blur what it was."""
AT_ONCE = 20
SLICE_SECONDS = 4.0
NOT_SAID = "Stripe names no reason."
MOST_CHARACTERS = 500
Failed = Row[UUID, str | None, UUID | None, int]


def explain_failures(runtime: Runtime) -> int:
    """Asks for a slice of time why payments failed, the newest first, and queues the next slice where that
    was not all; returns how many are explained. While Stripe is away it stops: it comes again."""
    forbid_inside_work()
    ends_at, count = time.monotonic() + SLICE_SECONDS, 0
    while failed := _find_unexplained(runtime):
        for event in failed:
            try:
                reason = _ask(runtime, event)
            except (TooFast, Unavailable, SettingsError):
                return count
            count += _note(runtime, event, reason)
            if time.monotonic() >= ends_at:
                with runtime.work(WORKER) as work:
                    queue_once(work, EXPLAIN_FAILURES, priority=PRIORITY)
                    work.keep_events()
                return count
    return count


def say_failure(failure: PaymentFailure | None, failed_at: datetime) -> str:
    """In Stripe's words, with its code. What was tried after ``failed_at``, the event's, is another."""
    if failure is None or (failure.tried_at is not None and failure.tried_at > failed_at):
        return NOT_SAID
    code = f"({failure.code})" if failure.code else None
    return " ".join(filter(None, [failure.message, code]))[:MOST_CHARACTERS] or NOT_SAID


def _find_unexplained(runtime: Runtime) -> Sequence[Failed]:
    created_at = BillingEvent.raw_payload["created"].as_integer()
    with runtime.reading() as session:
        return session.execute(
            select(BillingEvent.id, BillingEvent.stripe_invoice_id, BillingEvent.organization_id, created_at)
            .where(
                BillingEvent.event_type == PAYMENT_FAILED,
                BillingEvent.received_at > runtime.clock.now() - ASKED_FOR,
                BillingEvent.processing_status == ProcessingStatus.PROCESSED,
                BillingEvent.notes.is_(None),
                BillingEvent.stripe_invoice_id.is_not(None),
                created_at.is_not(None),
            )
            .order_by(BillingEvent.received_at.desc(), BillingEvent.id.desc())
            .limit(AT_ONCE)
        ).all()


def _ask(runtime: Runtime, event: Failed) -> str:
    """Raises `TooFast`, `Unavailable`, `SettingsError` where Stripe cannot be asked now."""
    _, invoice_id, _, created = event
    assert invoice_id is not None
    try:
        failure = runtime.stripe.invoices.find_failure(invoice_id)
    except (TooFast, Unavailable):
        raise
    except DomainError:
        return NOT_SAID
    return say_failure(failure, datetime.fromtimestamp(created, UTC))


def _note(runtime: Runtime, event: Failed, reason: str) -> bool:
    """False where another worker was quicker."""
    with runtime.work(WORKER) as work:
        row = _lock_unexplained(work, event.id)
        if row is None:
            work.abandon()
            return False
        row.notes, row.updated_at = reason, work.now()
        summary = f"Why the payment of {event.stripe_invoice_id} failed: {reason}"
        target = target_of(event.id, PAYMENT_FAILED, event.organization_id)
        work.audit("webhooks.explain", target, summary, after={"notes": reason})
    return True


def _lock_unexplained(work: Work, event_id: UUID) -> BillingEvent | None:
    wanted = select(BillingEvent).where(BillingEvent.id == event_id, BillingEvent.notes.is_(None))
    return work.session.scalars(wanted.with_for_update()).one_or_none()

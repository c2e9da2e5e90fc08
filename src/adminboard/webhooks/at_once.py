"""Applying events while somebody waits for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.runtime import Runtime
from adminboard.webhooks.applying import EventApplier

PATIENCE_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 0.1
UNDER_WAY = (ProcessingStatus.RECEIVED, ProcessingStatus.PROCESSING)


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of one event; one that is ``received`` or ``processing`` is still to be applied.

    ``event_id`` is Stripe's id. ``error`` says why it failed, or why it has to wait.
    """

    id: UUID
    event_id: str | None
    event_type: str
    status: ProcessingStatus
    error: str | None


def apply_at_once(
    runtime: Runtime, named: Iterable[str], *, patience_seconds: float = PATIENCE_SECONDS
) -> list[EventOutcome]:
    """Applies the events of these ids, which are due, beside whatever worker has some already; returns
    how they stand, in the same order, at the latest when patience ends.
    """
    ids = [UUID(one) for one in named]
    ends_at = time.monotonic() + patience_seconds
    applier = EventApplier(runtime)
    for event_id in ids:
        if time.monotonic() >= ends_at:
            break
        applier.apply_named(event_id)
    while True:
        outcomes = _list_outcomes(runtime, ids)
        is_over = time.monotonic() >= ends_at
        if is_over or not any(outcome.status is ProcessingStatus.PROCESSING for outcome in outcomes):
            return outcomes
        time.sleep(LOOK_AGAIN_SECONDS)


def _list_outcomes(runtime: Runtime, ids: Sequence[UUID]) -> list[EventOutcome]:
    named = select(
        BillingEvent.id,
        BillingEvent.stripe_event_id,
        BillingEvent.event_type,
        BillingEvent.processing_status,
        BillingEvent.last_error,
    ).where(BillingEvent.id.in_(ids))
    with runtime.reading() as session:
        found = {row.id: EventOutcome(*row) for row in session.execute(named)}
    return [found[event_id] for event_id in ids]

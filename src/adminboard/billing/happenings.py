"""What was done by hand in billing, beside what Stripe tells (`billing_events`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.core.work import Work


def note_event(work: Work, event_type: str, *, organization_id: UUID, **told: Any) -> BillingEvent:
    """Writes down that something was done; ``told`` are further columns of the event."""
    event = BillingEvent(
        id=uuid4(),
        event_type=event_type,
        source=BillingEventSource.MANUAL,
        organization_id=organization_id,
        processing_status=ProcessingStatus.PROCESSED,
        received_at=work.now(),
        processed_at=work.now(),
        created_at=work.now(),
        updated_at=work.now(),
        **told,
    )
    work.session.add(event)
    return event

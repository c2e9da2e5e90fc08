"""Suspending a customer and letting them in again: the row and its billing event, whoever decided on it.

The caller holds the customer locked, and writes the audit entry. The subscription is left as it is.
"""

from __future__ import annotations

from datetime import datetime

from adminboard.billing.happenings import note_event
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work
from adminboard.customers.models import Organization, OrganizationStatus

SUSPENDED, ACTIVATED = "customers.suspend", "customers.activate"
"""The audit entries, and the billing events, of the two directions."""


def suspend_customer(
    work: Work,
    customer: Organization,
    reason: str,
    *,
    since: datetime | None = None,
    notes: str | None = None,
) -> None:
    """Shuts the users out whom the customer pays for, from this moment on.

    ``reason`` is kept with the customer. ``since`` and ``notes`` are for a suspension that is restored: when
    it had begun, and why it is there again, which the event tells.
    """
    customer.status = OrganizationStatus.SUSPENDED
    customer.suspended_at = since or work.now()
    customer.suspension_reason = reason
    _note(work, customer, SUSPENDED, OrganizationStatus.ACTIVE, notes or reason)


def reason_of_lapse(ends_at: datetime) -> str:
    """Why a customer is suspended whose grace period ended then; kept with them, so it tells it later too."""
    return f"The grace period ended on {say_moment(ends_at)} without a payment."


def activate_customer(work: Work, customer: Organization, reason: str) -> None:
    """Lets them in again, from this moment on."""
    customer.status = OrganizationStatus.ACTIVE
    customer.suspended_at = customer.suspension_reason = None
    _note(work, customer, ACTIVATED, OrganizationStatus.SUSPENDED, reason)


def _note(
    work: Work, customer: Organization, event_type: str, previous: OrganizationStatus, notes: str
) -> None:
    work.session.flush()
    note_event(
        work,
        event_type,
        organization_id=customer.id,
        notes=notes,
        stripe_customer_id=customer.stripe_customer_id,
        previous_status=previous,
        status=customer.status,
    )

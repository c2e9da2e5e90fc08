"""`customer.updated` and `customer.deleted`: the billing address, and what Stripe collects from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from adminboard.billing.mirror.customers import mirror_customer
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import object_id, read_sent

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

DELETED = "customer.deleted"


def read(event: Event) -> objects.Customer:
    """Of a deleted one Stripe sends what it was."""
    found = read_sent(event, objects.Customer)
    return replace(found, is_deleted=True) if event.type == DELETED else found


def fetch(gateway: StripeGateway, event: Event) -> objects.Customer:
    return gateway.customers.get(object_id(event))


def shown_by(event: Event) -> Iterable[Place]:
    yield Organization.stripe_customer_id, object_id(event)


def apply(work: Work, event: Event, found: objects.Customer, state_at: datetime) -> Told:  # noqa: ARG001 - as every kind
    mirrored = mirror_customer(work, found, state_at)
    happened = "was deleted" if found.is_deleted else "was changed"
    return Told(
        summary=f"The customer {found.id} {happened} in Stripe.",
        organization_id=mirrored.organization_id,
        before=mirrored.before,
        after=mirrored.after,
        stripe_customer_id=found.id,
    )


KIND = EventKind(("customer.updated", DELETED), read, fetch, apply, shown_by=shown_by)

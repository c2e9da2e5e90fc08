"""`payment_method.*`: cards and the like, attached to a customer, changed, detached."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from adminboard.billing.mirror.payment_methods import mirror_payment_method
from adminboard.billing.models import PaymentMethod
from adminboard.core.work import Work
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import object_id, read_sent

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

HAPPENED = {
    "payment_method.attached": "was attached to the customer",
    "payment_method.detached": "was detached from the customer",
    "payment_method.updated": "was changed",
}


def read(event: Event) -> objects.PaymentMethod:
    return read_sent(event, objects.PaymentMethod)


def fetch(gateway: StripeGateway, event: Event) -> objects.PaymentMethod:
    return gateway.customers.get_payment_method(object_id(event))


def shown_by(event: Event) -> Iterable[Place]:
    yield PaymentMethod.stripe_payment_method_id, object_id(event)


def look_up(found: objects.PaymentMethod) -> Iterable[Place]:
    yield PaymentMethod.stripe_payment_method_id, found.id


def apply(work: Work, event: Event, found: objects.PaymentMethod, state_at: datetime) -> Told:
    customer_id = _customer_id(event)
    mirrored = mirror_payment_method(work, found, state_at, customer_id=customer_id)
    named = " ".join(filter(None, [found.brand or found.type, found.last4]))
    return Told(
        summary=f"The payment method {named} {HAPPENED[event.type]} in Stripe.",
        organization_id=mirrored.organization_id,
        before=mirrored.before,
        after=mirrored.after,
        stripe_customer_id=found.customer_id or customer_id,
        previous_status=mirrored.before.get("status"),
        status=mirrored.after.get("status"),
    )


def _customer_id(event: Event) -> str | None:
    """Whose it was: a detached one names its customer only among what it was before."""
    data = event.payload["data"]
    customer = data["object"].get("customer") or (data.get("previous_attributes") or {}).get("customer")
    return customer if isinstance(customer, str) else None


KIND = EventKind(tuple(HAPPENED), read, fetch, apply, look_up, shown_by)

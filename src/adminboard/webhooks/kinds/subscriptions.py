"""`customer.subscription.*`: the subscription as it then is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from adminboard.billing.mirror.subscriptions import OVER, mirror_subscription
from adminboard.billing.models import Subscription
from adminboard.core.work import Work
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import object_id, read_sent
from adminboard.webhooks.kinds.said import read_seats, read_status, said_of
from adminboard.webhooks.waiting import try_again_soon

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

DELETED = "customer.subscription.deleted"
TYPES = ("created", "updated", "deleted", "trial_will_end", "paused", "resumed")


def read(event: Event) -> objects.Subscription:
    return read_sent(event, objects.Subscription)


def fetch(gateway: StripeGateway, event: Event) -> objects.Subscription:
    return gateway.subscriptions.get(object_id(event))


def shown_by(event: Event) -> Iterable[Place]:
    yield Subscription.stripe_subscription_id, object_id(event)


def look_up(found: objects.Subscription) -> Iterable[Place]:
    yield Subscription.stripe_subscription_id, found.id


def apply(work: Work, event: Event, found: objects.Subscription, state_at: datetime) -> Told:
    mirrored = mirror_subscription(work, found, state_at)
    row = work.session.get_one(Subscription, mirrored.record_id)
    was = mirrored.before
    previous_status, status = said_of(event, read_status, now=found.status, was=was.get("status"))
    if row.status in OVER and (previous_status not in OVER or event.type == DELETED):
        try_again_soon(work, found.customer_id, found.id)
    seats = read_seats(row.stripe_item_id)
    previous_quantity, quantity = said_of(event, seats, now=row.quantity, was=was.get("quantity"))
    return Told(
        summary=f"Stripe told of {event.type} {found.id}, which is {found.status}.",
        organization_id=mirrored.organization_id,
        before=mirrored.before,
        after=mirrored.after,
        stripe_customer_id=found.customer_id,
        stripe_subscription_id=found.id,
        previous_status=previous_status,
        status=status,
        previous_quantity=previous_quantity,
        quantity=quantity,
    )


KIND = EventKind(
    tuple(f"customer.subscription.{verb}" for verb in TYPES), read, fetch, apply, look_up, shown_by
)

"""`charge.refunded` and `refund.*`: every refund of the charge, and what that leaves of the invoice.

Neither object names the invoice, and a charge not even its refunds: they are looked up whenever a refund is
not here yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adminboard.billing.mirror.invoices import mirror_invoice
from adminboard.billing.mirror.mirrored import Mirrored, NeedsFetching
from adminboard.billing.mirror.refunds import Origin, mirror_refund
from adminboard.billing.models import Refund
from adminboard.core.currencies import in_currency
from adminboard.core.work import Work
from adminboard.stripe import objects
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Place, Told
from adminboard.webhooks.kinds.reading import OtherObject, object_id, read_sent

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway


@dataclass(frozen=True, slots=True)
class RefundsInPlace:
    """Refunds of one charge, with what it paid."""

    customer_id: str | None
    invoice: objects.Invoice | None
    refunds: tuple[objects.Refund, ...]

    @property
    def origin(self) -> Origin:
        return Origin(self.customer_id, self.invoice.id if self.invoice else None)


def read(event: Event) -> objects.Charge | objects.Refund:
    if event.object_kind == "charge":
        return read_sent(event, objects.Charge)
    return read_sent(event, objects.Refund)


def fetch(gateway: StripeGateway, event: Event) -> RefundsInPlace:
    if event.object_kind == "charge":
        charge = gateway.charges.get(object_id(event))
        refunds = gateway.refunds.list_of_charge(charge.id)
    else:
        refund = gateway.refunds.get(object_id(event))
        if refund.charge_id is None:
            raise OtherObject(f"The refund {refund.id} gives back no charge.")
        charge, refunds = gateway.charges.get(refund.charge_id), (refund,)
    intent = charge.payment_intent_id
    invoice = gateway.invoices.find_paid_by(intent) if intent else None
    return RefundsInPlace(charge.customer_id, invoice, refunds)


def shown_by(event: Event) -> Iterable[Place]:
    """The refund; those of a charge are known only once Stripe has listed them."""
    if event.object_kind == "refund":
        yield Refund.stripe_refund_id, object_id(event)


def apply(
    work: Work, event: Event, found: objects.Charge | objects.Refund | RefundsInPlace, state_at: datetime
) -> Told:
    if isinstance(found, objects.Charge):
        raise NeedsFetching(state_at)
    if isinstance(found, objects.Refund):
        return _tell(event, [mirror_refund(work, found, state_at)], (found,), None)
    if found.invoice is not None:
        mirror_invoice(work, found.invoice, state_at)
    # Oldest first, so that the event tells of the latest.
    oldest_first = found.refunds[::-1]
    done = [mirror_refund(work, refund, state_at, origin=found.origin) for refund in oldest_first]
    return _tell(event, done, oldest_first, found.origin)


def _tell(
    event: Event, done: list[Mirrored], refunds: tuple[objects.Refund, ...], origin: Origin | None
) -> Told:
    if not refunds:
        return Told(f"Stripe told of {event.type}, but the charge has no refunds.")
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for refund, mirrored in zip(refunds, done, strict=True):
        if mirrored.changed:
            before[refund.id], after[refund.id] = dict(mirrored.before) or None, dict(mirrored.after)
    latest, last = refunds[-1], done[-1]
    return Told(
        summary=f"Stripe says that a refund of {in_currency(latest.amount_cents, latest.currency)} "
        f"is {latest.status}.",
        organization_id=last.organization_id,
        before=before,
        after=after,
        stripe_customer_id=origin.customer_id if origin else None,
        stripe_invoice_id=origin.invoice_id if origin else None,
        stripe_charge_id=latest.charge_id,
        stripe_refund_id=latest.id,
        amount_cents=latest.amount_cents,
        currency=latest.currency,
        previous_status=last.before.get("status"),
        status=latest.status,
    )


KIND = EventKind(
    ("charge.refunded", "refund.updated", "refund.failed"), read, fetch, apply, shown_by=shown_by
)

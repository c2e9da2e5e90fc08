"""One customer compared live: what Stripe has of them now, beside what we have. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import LIVE_SUBSCRIPTION, Subscription
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.packing import pack, unpack
from adminboard.customers.models import Organization
from adminboard.reconciliation.comparing import get_database_moment
from adminboard.reconciliation.differences import Difference, find_differences_of
from adminboard.reconciliation.listed import from_state, read_listed, to_state
from adminboard.runtime import Runtime
from adminboard.stripe import objects
from adminboard.stripe.errors import NotInStripe


@dataclass(frozen=True, slots=True)
class Looked:
    """What Stripe has of a customer. ``asked_at`` is the database's moment before it was asked."""

    asked_at: datetime
    subscriptions: tuple[objects.Subscription, ...]

    def to_text(self) -> str:
        """For a command to carry."""
        states = [to_state(found) for found in self.subscriptions]
        return pack({"asked_at": self.asked_at.isoformat(), "states": states})

    @classmethod
    def from_text(cls, text: str) -> Looked:
        """Raises `NotPacked`."""
        data = unpack(text)
        states = tuple(from_state(state) for state in data["states"])
        return cls(datetime.fromisoformat(data["asked_at"]), states)


def look_at(runtime: Runtime, organization_id: UUID) -> Looked:
    """Asks Stripe, outside of any transaction: one call, and one more for each live subscription of ours that
    is not among the customer's there. Raises what Stripe's gateway raises, and `NoStripeAccount`."""
    with runtime.reading() as session:
        asked_at = get_database_moment(session)
        customer_id = session.scalar(
            select(Organization.stripe_customer_id).where(Organization.id == organization_id)
        )
        ours = set(_find_live(session, organization_id))
    subscriptions = stripe_of(runtime).subscriptions
    found = list(subscriptions.list_of_customer(customer_id)) if customer_id else []
    for missing in sorted(ours - {subscription.id for subscription in found}):
        try:
            found.append(subscriptions.get(missing))
        except NotInStripe:
            continue
    return Looked(asked_at, tuple(found))


def compare_customer(session: Session, organization_id: UUID, looked: Looked) -> list[Difference]:
    """What differs, but for what was changed here since Stripe was asked."""
    rows = read_listed(session, looked.subscriptions, looked.asked_at)
    return find_differences_of(session, organization_id, rows, looked.asked_at)


def _find_live(session: Session, organization_id: UUID) -> Sequence[str]:
    named = Subscription.stripe_subscription_id
    live = select(named).where(
        Subscription.organization_id == organization_id, LIVE_SUBSCRIPTION, named.is_not(None)
    )
    return [found for found in session.scalars(live) if found is not None]

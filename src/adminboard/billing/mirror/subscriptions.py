"""Stripe's subscriptions as our rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from adminboard.billing.grace_periods import BEHIND, follow_payments, note_overdue
from adminboard.billing.mirror.customers_of_ours import hold_row, lock_row
from adminboard.billing.mirror.mirrored import (
    Mirrored,
    find_word,
    is_newer,
    is_outdated,
    unchanged,
    write_state,
)
from adminboard.billing.mirror.plans import find_plans_by_price
from adminboard.billing.models import (
    LIVE_SUBSCRIPTION,
    Invoice,
    PauseBehavior,
    Subscription,
    SubscriptionStatus,
)
from adminboard.core.errors import DomainError
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.stripe import objects

UNKNOWN_STATUS_IS = SubscriptionStatus.UNPAID
UNKNOWN_PAUSE_IS = PauseBehavior.KEEP_AS_DRAFT
OVER = (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)


class PriceUnknown(DomainError):
    """No plan has the price of this subscription."""

    title = "No plan has this price"


class SecondLiveSubscription(DomainError):
    """The customer has another live subscription: which of the two holds is for people to decide."""

    title = "The customer has another live subscription"


def mirror_subscription(work: Work, found: objects.Subscription, state_at: datetime) -> Mirrored:
    """Makes our row what Stripe shows, unless it shows something newer; adds a missing one.

    One that is here and has ended needs no plan: what it sold stays as it is. One that is behind with an
    invoice that was sent opens a grace period: no event tells of that but this. Locks the customer. Raises
    `CustomerUnknown`, `PriceUnknown`, `SecondLiveSubscription`, `NeedsFetching`, with nothing written.
    """
    row: Subscription | None
    organization, row = lock_row(work, Subscription.stripe_subscription_id, found.id, found.customer_id)
    if row is not None and is_outdated(row.stripe_state_at, state_at):
        return unchanged(row)
    values = {"organization_id": organization.id, **_values(work, found, row)}
    if values["status"] not in OVER and (row is None or is_newer(row.stripe_state_at, state_at)):
        _require_only_live(work, found.id, organization, row)
    mirrored = write_state(work, row, values, state_at) if row else _add(work, found, values, state_at)
    if mirrored.changed and values["status"] in BEHIND:
        note_overdue(work, organization.id)
        follow_payments(work, organization.id)
    return mirrored


def read_status(status: str) -> SubscriptionStatus:
    """Stripe's word as ours. One we do not know counts as unpaid: it gives no access, and ends nothing."""
    return find_word(SubscriptionStatus, status) or UNKNOWN_STATUS_IS


def read_pause(pause: objects.Pause | None) -> dict[str, Any]:
    """A pause of collection, or none, as our columns show it. A word for its invoices that we do not know
    counts as keeping them: whatever becomes of them, they are not collected."""
    if pause is None:
        return {"pause_behavior": None, "pause_resumes_at": None}
    behavior = find_word(PauseBehavior, pause.behavior) or UNKNOWN_PAUSE_IS
    return {"pause_behavior": behavior, "pause_resumes_at": pause.resumes_at}


def sold_item(work: Work, found: objects.Subscription) -> tuple[objects.SubscriptionItem, UUID]:
    """The item that a plan of ours sells, and that plan. Raises `PriceUnknown`."""
    plans = find_plans_by_price(work)
    for item in found.items:
        if item.price_id in plans:
            return item, plans[item.price_id]
    prices = [item.price_id for item in found.items]
    raise PriceUnknown(
        f"No plan has the price {', '.join(prices) or 'of a subscription without items'}. "
        "Sync the plans from Stripe, then replay the event."
    )


def _values(work: Work, found: objects.Subscription, row: Subscription | None) -> Mapping[str, Any]:
    return {
        **_sold(work, found, row),
        "status": read_status(found.status),
        "trial_end": found.trial_end,
        "cancel_at_period_end": found.is_leaving,
        "cancel_at": found.cancel_at if found.is_leaving else None,
        "canceled_at": found.canceled_at,
        **read_pause(found.pause),
    }


def _sold(work: Work, found: objects.Subscription, row: Subscription | None) -> Mapping[str, Any]:
    """What is sold, and for which period. Nothing of it for a row of ours whose subscription has ended under
    a price that makes no plan: the end holds whatever was sold last. Raises `PriceUnknown`."""
    try:
        item, plan_id = sold_item(work, found)
    except PriceUnknown:
        if row is not None and read_status(found.status) in OVER:
            return {}
        raise
    return {
        "plan_id": plan_id,
        "stripe_item_id": item.id,
        "quantity": max(item.quantity, 1),
        "current_period_start": item.period_start,
        "current_period_end": item.period_end,
    }


def _require_only_live(
    work: Work, stripe_id: str, organization: Organization, row: Subscription | None
) -> None:
    """An index forbids a second live one, so next to a live one of the same customer there is none; this says
    which it is."""
    if row is not None and row.status not in OVER and row.organization_id == organization.id:
        return
    other = select(Subscription.stripe_subscription_id, Subscription.id).where(
        Subscription.organization_id == organization.id,
        LIVE_SUBSCRIPTION,
        or_(Subscription.stripe_subscription_id.is_(None), Subscription.stripe_subscription_id != stripe_id),
    )
    live = work.session.execute(other).first()
    if live is not None:
        raise SecondLiveSubscription(
            f"{organization.name} has the live subscription {live[0] or live[1]} here, and Stripe shows "
            f"{stripe_id} as live too. Cancel one of them in Stripe; nothing is repaired until then."
        )


def _add(work: Work, found: objects.Subscription, values: Mapping[str, Any], state_at: datetime) -> Mirrored:
    row = Subscription(
        stripe_subscription_id=found.id, created_at=found.created_at, stripe_state_at=state_at, **values
    )
    work.session.add(row)
    work.session.flush()
    hold_row(work, Subscription.stripe_subscription_id, row)
    _link_invoices(work, row)
    return Mirrored(row.id, row.organization_id, {}, {"stripe_subscription_id": found.id, **values})


def _link_invoices(work: Work, row: Subscription) -> None:
    """Those that came before their subscription."""
    waiting = update(Invoice).where(
        Invoice.stripe_subscription_id == row.stripe_subscription_id, Invoice.subscription_id.is_(None)
    )
    work.session.execute(waiting.values(subscription_id=row.id))

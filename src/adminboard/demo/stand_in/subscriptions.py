"""Subscriptions of the database as Stripe has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, Plan, Subscription, SubscriptionStatus
from adminboard.customers.models import Organization
from adminboard.demo.stand_in.moments import find_seconds, seconds
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account

ENDED = (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)
_SHOWN_OTHERWISE = (
    DiscrepancyKind.STATUS,
    DiscrepancyKind.QUANTITY,
    DiscrepancyKind.CANCEL_AT_PERIOD_END,
)


def fill_subscriptions(session: Session, account: Account) -> None:
    """After plans and customers: what hangs on a plan or customer without an id of Stripe's is left out."""
    subscriptions = list(_read_subscriptions(session))
    account.subscriptions.load(subscriptions)
    account.subscription_items.load(item for subscription in subscriptions for item in subscription.items)


def _read_subscriptions(session: Session) -> Iterator[records.Subscription]:
    latest, differing = _read_latest_invoices(session), _read_differing(session)
    rows = session.execute(
        select(Subscription, Organization.stripe_customer_id, Plan.stripe_price_id, Plan.currency)
        .join(Organization, Subscription.organization_id == Organization.id)
        .join(Plan, Subscription.plan_id == Plan.id)
        .where(
            Subscription.stripe_subscription_id.is_not(None),
            Organization.stripe_customer_id.is_not(None),
            Plan.stripe_price_id.is_not(None),
        )
    )
    for subscription, customer, price, currency in rows:
        assert customer is not None
        assert price is not None
        yield _subscription_of(
            subscription,
            price,
            customer=customer,
            currency=currency,
            latest_invoice=latest.get(subscription.id),
            **differing.get(subscription.stripe_subscription_id, {}),
        )


def _read_latest_invoices(session: Session) -> dict[UUID | None, str]:
    """The id of the newest invoice of each subscription."""
    oldest_first = select(Invoice.subscription_id, Invoice.stripe_invoice_id).order_by(Invoice.created_at)
    return dict(session.execute(oldest_first).all())


def _read_differing(session: Session) -> dict[str | None, dict[str, Any]]:
    """What the last comparison found to be otherwise in Stripe, so that the next one finds it again."""
    differing: dict[str | None, dict[str, Any]] = defaultdict(dict)
    opened = select(Discrepancy).where(
        Discrepancy.status == DiscrepancyStatus.OPEN, Discrepancy.kind.in_(_SHOWN_OTHERWISE)
    )
    for found in session.scalars(opened):
        differing[found.stripe_subscription_id][found.kind.value] = found.stripe_value
    return differing


def _subscription_of(
    subscription: Subscription,
    price: str,
    *,
    status: str | None = None,
    quantity: int | None = None,
    cancel_at_period_end: bool | None = None,
    **facts: Any,
) -> records.Subscription:
    """As the database has it, but for what is given."""
    cancels = subscription.cancel_at_period_end if cancel_at_period_end is None else cancel_at_period_end
    identifier = subscription.stripe_subscription_id or ""
    created = seconds(subscription.created_at)
    start = seconds(subscription.current_period_start, otherwise=created)
    end = seconds(subscription.current_period_end, otherwise=start)
    is_ended = subscription.status in ENDED
    cancel_at = (find_seconds(subscription.cancel_at) or end) if cancels else None
    canceled_at = find_seconds(subscription.canceled_at)
    item = records.SubscriptionItem(
        id=subscription.stripe_item_id or identifier.replace("sub_", "si_"),
        created=created,
        subscription=identifier,
        price=price,
        quantity=quantity or subscription.quantity,
        current_period_start=start,
        current_period_end=end,
    )
    return records.Subscription(
        id=identifier,
        created=created,
        start_date=created,
        status=status or subscription.status,
        billing_cycle_anchor=start,
        items=[item],
        trial_start=created if subscription.trial_end else None,
        trial_end=find_seconds(subscription.trial_end),
        cancel_at_period_end=cancels and cancel_at == end,
        cancel_at=cancel_at,
        canceled_at=canceled_at,
        pause_collection=_pause_of(subscription),
        ended_at=(canceled_at or seconds(subscription.stripe_state_at, otherwise=end)) if is_ended else None,
        **facts,
    )


def _pause_of(subscription: Subscription) -> dict[str, Any] | None:
    if subscription.pause_behavior is None:
        return None
    resumes_at = find_seconds(subscription.pause_resumes_at)
    return {"behavior": subscription.pause_behavior.value, "resumes_at": resumes_at}

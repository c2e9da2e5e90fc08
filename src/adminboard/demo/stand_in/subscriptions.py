"""Subscriptions of the database as Stripe has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, Plan, Subscription, SubscriptionStatus
from adminboard.customers.models import Organization
from adminboard.demo.stand_in.moments import find_seconds, seconds
from adminboard.stripe.fake import records
from adminboard.stripe.fake.account import Account

ENDED = (SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED)


def fill_subscriptions(session: Session, account: Account) -> None:
    """After plans and customers: what hangs on a plan or customer without an id of Stripe's is left out."""
    subscriptions = list(_read_subscriptions(session))
    account.subscriptions.load(subscriptions)
    account.subscription_items.load(item for subscription in subscriptions for item in subscription.items)


def _read_subscriptions(session: Session) -> Iterator[records.Subscription]:
    latest = _read_latest_invoices(session)
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
        )


def _read_latest_invoices(session: Session) -> dict[UUID | None, str]:
    """The id of the newest invoice of each subscription."""
    oldest_first = select(Invoice.subscription_id, Invoice.stripe_invoice_id).order_by(Invoice.created_at)
    return dict(session.execute(oldest_first).all())


def _subscription_of(subscription: Subscription, price: str, **facts: Any) -> records.Subscription:
    identifier = subscription.stripe_subscription_id or ""
    created = seconds(subscription.created_at)
    start = seconds(subscription.current_period_start, otherwise=created)
    end = seconds(subscription.current_period_end, otherwise=start)
    is_ended = subscription.status in ENDED
    canceled_at = find_seconds(subscription.canceled_at)
    item = records.SubscriptionItem(
        id=subscription.stripe_item_id or identifier.replace("sub_", "si_"),
        created=created,
        subscription=identifier,
        price=price,
        quantity=subscription.quantity,
        current_period_start=start,
        current_period_end=end,
    )
    return records.Subscription(
        id=identifier,
        created=created,
        start_date=created,
        status=subscription.status,
        billing_cycle_anchor=start,
        items=[item],
        trial_start=created if subscription.trial_end else None,
        trial_end=find_seconds(subscription.trial_end),
        cancel_at_period_end=subscription.cancel_at_period_end,
        cancel_at=end if subscription.cancel_at_period_end else None,
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

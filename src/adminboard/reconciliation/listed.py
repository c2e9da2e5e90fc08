"""Stripe's subscriptions on their way into the comparison: rows of what is compared, and back to objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.subscriptions import read_pause
from adminboard.billing.models import Plan
from adminboard.core.work import Work
from adminboard.reconciliation.models import ListedSubscription
from adminboard.stripe import objects

_SUBSCRIPTION = TypeAdapter(objects.Subscription)


def keep_listed(work: Work, run_id: UUID, found: Iterable[objects.Subscription], asked_at: datetime) -> None:
    """Writes down what Stripe listed. ``asked_at`` is the database's moment before Stripe was asked."""
    rows = read_listed(work.session, found, asked_at)
    if rows:
        work.session.execute(insert(ListedSubscription), [{"run_id": run_id, **row} for row in rows])


def read_listed(
    session: Session, found: Iterable[objects.Subscription], asked_at: datetime
) -> list[dict[str, Any]]:
    """What is compared of each, by the columns of `ListedSubscription`."""
    sold = set(session.scalars(select(Plan.stripe_price_id).where(Plan.stripe_price_id.is_not(None))))
    return [_row_of(subscription, sold, asked_at) for subscription in found]


def to_state(found: objects.Subscription) -> dict[str, Any]:
    """The object as JSON, without its customer."""
    state: dict[str, Any] = _SUBSCRIPTION.dump_python(replace(found, customer=None), mode="json")
    return state


def from_state(state: Mapping[str, Any]) -> objects.Subscription:
    """The same object again."""
    return _SUBSCRIPTION.validate_python(dict(state))


def _row_of(found: objects.Subscription, sold: set[str | None], asked_at: datetime) -> dict[str, Any]:
    ours = (item for item in found.items if item.price_id in sold)
    item = next(ours, found.items[0] if found.items else None)
    return {
        "stripe_subscription_id": found.id,
        "stripe_customer_id": found.customer_id,
        "status": found.status,
        "stripe_price_id": item.price_id if item else None,
        "quantity": item.quantity if item else None,
        "period_start": item.period_start if item else None,
        "period_end": item.period_end if item else None,
        "cancel_at_period_end": found.is_leaving,
        "cancel_at": found.cancel_at if found.is_leaving else None,
        **read_pause(found.pause),
        "asked_at": asked_at,
        "state": to_state(found),
    }

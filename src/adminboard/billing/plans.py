"""The plans that lists of billing are filtered by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.billing.event_models import GracePeriod
from adminboard.billing.models import (
    LIVE_SUBSCRIPTION,
    Invoice,
    PaymentMethod,
    Plan,
    Subscription,
    UsagePeriod,
)
from adminboard.core.listings import Option, Probe
from adminboard.core.listings.columns import AnySelect


def plan_options(session: Session) -> list[Option]:
    """Every plan there is, by name."""
    rows = session.execute(select(Plan.slug, Plan.name).order_by(Plan.name))
    return [Option(row.slug, row.name) for row in rows]


def plan_before(
    column: InstrumentedAttribute[Any],
    organization_id: InstrumentedAttribute[UUID],
    end: InstrumentedAttribute[datetime],
) -> ScalarSelect[Any]:
    """This column of the plan that the customer's newest subscription before then is to; by index."""
    return (
        select(column)
        .join(Subscription, Subscription.plan_id == Plan.id)
        .where(Subscription.organization_id == organization_id, Subscription.created_at < end)
        .order_by(Subscription.created_at.desc(), Subscription.id.desc())
        .limit(1)
        .correlate(organization_id.class_)
        .scalar_subquery()
    )


def is_to_plan(slugs: Sequence[str]) -> ColumnElement[bool]:
    """Of a subscription: whether it is to one of these plans.

    A single plan is compared, not looked for in a set: then an index gives its subscriptions in order.
    """
    if len(slugs) == 1:
        return Subscription.plan_id == select(Plan.id).where(Plan.slug == slugs[0]).scalar_subquery()
    return Subscription.plan_id.in_(_plans(slugs))


def is_invoiced_for_plan(slugs: Sequence[str]) -> ColumnElement[bool]:
    """Of an invoice: whether it is for a subscription to one of these plans."""
    return Invoice.subscription_id.in_(_invoiced(slugs))


def probe_invoiced(slugs: Sequence[str]) -> Probe:
    """The subscriptions whose invoices those are."""
    return Probe(_invoiced(slugs), Invoice.subscription_id)


def is_used_under_plan(slugs: Sequence[str]) -> ColumnElement[bool]:
    """Of a usage period: whether the plan it began or went on under is one of these."""
    return plan_before(Plan.slug, UsagePeriod.organization_id, UsagePeriod.period_end).in_(slugs)


def probe_used(slugs: Sequence[str]) -> Probe:
    """The customers whose usage periods those are."""
    return Probe(_ever_subscribed(slugs), UsagePeriod.organization_id)


def is_graced_under_plan(slugs: Sequence[str]) -> ColumnElement[bool]:
    """Of a grace period: whether the plan whose payment failed, the last before its end, is one of these."""
    return plan_before(Plan.slug, GracePeriod.organization_id, GracePeriod.ends_at).in_(slugs)


def probe_graced(slugs: Sequence[str]) -> Probe:
    """The customers whose grace periods those are."""
    return Probe(_ever_subscribed(slugs), GracePeriod.organization_id)


def is_to_pay_for_plan(slugs: Sequence[str]) -> ColumnElement[bool]:
    """Of a payment method: whether its customer's live subscription is to one of these plans."""
    return PaymentMethod.organization_id.in_(_subscribed(slugs))


def probe_to_pay(slugs: Sequence[str]) -> Probe:
    """The customers whose payment methods those are."""
    return Probe(_subscribed(slugs), PaymentMethod.organization_id)


def _invoiced(slugs: Sequence[str]) -> AnySelect:
    invoiced = Subscription.__table__.alias("invoiced_subscription")
    return select(invoiced.c.id).where(invoiced.c.plan_id.in_(_plans(slugs)))


def _ever_subscribed(slugs: Sequence[str]) -> AnySelect:
    """The customers that have, or had, a subscription to one of the plans."""
    had = Subscription.__table__.alias("probed_subscription")
    return select(had.c.organization_id).where(had.c.plan_id.in_(_plans(slugs)))


def _subscribed(slugs: Sequence[str]) -> AnySelect:
    """Those that have one which is live."""
    return _ever_subscribed(slugs).where(LIVE_SUBSCRIPTION)


def _plans(slugs: Sequence[str]) -> AnySelect:
    return select(Plan.id).where(Plan.slug.in_(slugs)).correlate(None)

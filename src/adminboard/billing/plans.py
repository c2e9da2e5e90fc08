"""The plans that lists of billing are filtered by."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Invoice, Plan, Subscription, UsagePeriod
from adminboard.billing.usage_detail import plan_of_usage
from adminboard.core.listings import Option, Probe
from adminboard.core.listings.columns import AnySelect


def plan_options(session: Session) -> list[Option]:
    """Every plan there is, by name."""
    rows = session.execute(select(Plan.slug, Plan.name).order_by(Plan.name))
    return [Option(row.slug, row.name) for row in rows]


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
    return plan_of_usage(Plan.slug).in_(slugs)


def probe_used(slugs: Sequence[str]) -> Probe:
    """The customers that have, or had, a subscription to one of these plans."""
    had = Subscription.__table__.alias("probed_subscription")
    return Probe(
        select(had.c.organization_id).where(had.c.plan_id.in_(_plans(slugs))), UsagePeriod.organization_id
    )


def _invoiced(slugs: Sequence[str]) -> AnySelect:
    invoiced = Subscription.__table__.alias("invoiced_subscription")
    return select(invoiced.c.id).where(invoiced.c.plan_id.in_(_plans(slugs)))


def _plans(slugs: Sequence[str]) -> AnySelect:
    return select(Plan.id).where(Plan.slug.in_(slugs)).correlate(None)

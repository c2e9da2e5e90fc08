"""The subscription of whoever pays: its status as lists show and filter it, and what is said of its period.

The lists it stands in join the live subscription. ``payer`` is the column of the organization's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, String, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.core.listings import Probe
from adminboard.users.models import User

_ENDED = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})


def subscription_status(payer: InstrumentedAttribute[UUID] = User.organization_id) -> ColumnElement[Any]:
    """The status of the live subscription, or else of the last one there was."""
    return func.coalesce(cast(Subscription.status, String), cast(_last_ended_status(payer), String))


def has_subscription_status(
    words: Sequence[str], payer: InstrumentedAttribute[UUID] = User.organization_id
) -> ColumnElement[bool]:
    """Whether `subscription_status` is one of these words."""
    live = [word for word in words if word not in _ENDED]
    ended = [word for word in words if word in _ENDED]
    clauses: list[ColumnElement[bool]] = []
    if live:
        clauses.append(Subscription.status.in_(live))
    if ended:
        clauses.append(and_(Subscription.id.is_(None), _last_ended_status(payer).in_(ended)))
    return or_(*clauses)


def probe_subscription_status(
    words: Sequence[str], payer: InstrumentedAttribute[UUID] = User.organization_id
) -> Probe:
    """Those whose payer has, or had, a subscription of one of these statuses: all that can show it."""
    had = Subscription.__table__.alias("probed_subscription")
    return Probe(select(had.c.organization_id).where(had.c.status.in_(words)), payer)


def say_period_over(status: str | None, *, cancels: bool) -> str:
    """What happens at the end of the paid period, or of the trial. One that is unpaid goes on, and nothing
    happens to it by then."""
    if cancels:
        return "Ends on"
    if status == SubscriptionStatus.UNPAID:
        return "Period end"
    return "Trial ends" if status == SubscriptionStatus.TRIALING else "Renews on"


def _last_ended_status(payer: InstrumentedAttribute[UUID]) -> ScalarSelect[Any]:
    """By index, one row for each that is asked about."""
    ended = Subscription.__table__.alias("ended_subscription")
    return (
        select(ended.c.status)
        .where(ended.c.organization_id == payer)
        .order_by(ended.c.created_at.desc(), ended.c.id.desc())
        .limit(1)
        .correlate(payer.class_)
        .scalar_subquery()
    )

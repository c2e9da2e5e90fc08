"""What comparisons found: the last one that came to its end, what is open, and what can be repaired of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, and_, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from adminboard.billing.stripe_differences import FOR_PEOPLE
from adminboard.core.listings.columns import AnySelect, is_any
from adminboard.core.models import Run, RunRow, RunRowStatus, RunStatus
from adminboard.customers.models import Organization
from adminboard.reconciliation.models import (
    Discrepancy,
    DiscrepancyKind,
    DiscrepancyStatus,
    ListedSubscription,
)

COMPARISON_KIND, FIX_KIND = "reconciliation", "reconciliation.fix"
SHOWN = 200
UNSETTLED = (RunStatus.WAITING, RunStatus.RUNNING, RunStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """An open difference, with the customer it is about where there is one."""

    id: UUID
    kind: DiscrepancyKind
    organization_id: UUID | None
    customer: str | None
    subscription_id: UUID | None
    stripe_customer_id: str | None
    stripe_subscription_id: str | None
    local_value: Any
    stripe_value: Any
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class LastComparison:
    """The last comparison that came to its end. ``counts`` are by kind."""

    run_id: UUID
    started_at: datetime | None
    finished_at: datetime | None
    subscriptions: int
    outcome: Mapping[str, Any]


def find_last_comparison(session: Session) -> LastComparison | None:
    """None before the first."""
    row = session.execute(
        select(Run.id, Run.started_at, Run.finished_at, Run.rows_checked, Run.outcome)
        .where(Run.kind == COMPARISON_KIND, Run.status == RunStatus.FINISHED)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return LastComparison(row.id, row.started_at, row.finished_at, row.rows_checked, row.outcome or {})


def find_unsettled(session: Session, kind: str) -> Run | None:
    """A run of this kind that is under way, or paused."""
    under_way = select(Run).where(Run.kind == kind, Run.status.in_(UNSETTLED))
    return session.scalars(under_way.order_by(Run.created_at).limit(1)).one_or_none()


def list_open(session: Session, limit: int = SHOWN) -> Sequence[FoundDifference]:
    """Open differences, the newest first."""
    rows = session.execute(
        select(
            Discrepancy.id,
            Discrepancy.kind,
            Discrepancy.organization_id,
            Organization.name,
            Discrepancy.subscription_id,
            Discrepancy.stripe_customer_id,
            Discrepancy.stripe_subscription_id,
            Discrepancy.local_value,
            Discrepancy.stripe_value,
            Discrepancy.checked_at,
        )
        .outerjoin(Organization, Organization.id == Discrepancy.organization_id)
        .where(Discrepancy.status == DiscrepancyStatus.OPEN)
        .order_by(Discrepancy.checked_at.desc(), Discrepancy.id)
        .limit(limit)
    )
    return [FoundDifference(*row) for row in rows]


def count_open(session: Session) -> int:
    return session.scalar(select(func.count()).where(Discrepancy.status == DiscrepancyStatus.OPEN)) or 0


def is_repairable() -> ColumnElement[bool]:
    """Of an open difference: whether Stripe can be followed for its subscription. Not where something about
    it is for people to decide, not for a customer whom nobody here has, and not twice at once."""
    ours = select(Organization.stripe_customer_id).where(Organization.stripe_customer_id.is_not(None))
    nobodys = and_(Discrepancy.kind == DiscrepancyKind.CUSTOMER, Discrepancy.stripe_customer_id.not_in(ours))
    undecided = _open(Discrepancy.stripe_subscription_id, or_(Discrepancy.kind.in_(FOR_PEOPLE), nobodys))
    is_crowded = Discrepancy.kind == DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS
    customer, payer = Discrepancy.stripe_customer_id, Discrepancy.organization_id
    was_listed = exists().where(
        ListedSubscription.run_id == Discrepancy.run_id,
        ListedSubscription.stripe_subscription_id == Discrepancy.stripe_subscription_id,
    )
    return and_(
        Discrepancy.status == DiscrepancyStatus.OPEN,
        Discrepancy.stripe_subscription_id.not_in(undecided),
        Discrepancy.stripe_subscription_id.not_in(_being_repaired()),
        or_(customer.is_(None), customer.not_in(_open(customer, is_crowded))),
        or_(payer.is_(None), payer.not_in(_open(payer, is_crowded))),
        or_(Discrepancy.kind == DiscrepancyKind.MISSING_IN_STRIPE, was_listed),
    )


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """Which subscriptions are to be repaired of those that can be: all, or only some.

    ``differences`` are ids of differences that are about them, ``subscriptions`` Stripe's ids of them,
    ``found`` selects such ids. What is given narrows what is left.
    """

    differences: Collection[UUID] = ()
    subscriptions: Collection[str] = ()
    found: AnySelect | None = None


ALL = Chosen()


def of_chosen(chosen: Chosen) -> ColumnElement[bool]:
    """Differences that can be repaired, of the subscriptions that are chosen."""
    subscription, clauses = Discrepancy.stripe_subscription_id, [is_repairable()]
    if chosen.differences:
        named = aliased(Discrepancy)
        about = select(named.stripe_subscription_id).where(named.id.in_(chosen.differences))
        clauses.append(subscription.in_(about))
    if chosen.subscriptions:
        clauses.append(is_any(subscription, list(chosen.subscriptions)))
    if chosen.found is not None:
        clauses.append(subscription.in_(chosen.found))
    return and_(*clauses)


def is_being_repaired(session: Session, stripe_subscription_id: str) -> bool:
    """Whether a run is about to repair this subscription."""
    waiting = _being_repaired().where(RunRow.input["subscription"].astext == stripe_subscription_id)
    return bool(session.scalar(select(waiting.exists())))


def _being_repaired() -> Any:
    """Subscriptions that a run is about to repair."""
    return (
        select(RunRow.input["subscription"].astext)
        .join(Run, Run.id == RunRow.run_id)
        .where(Run.kind == FIX_KIND, Run.status.in_(UNSETTLED), RunRow.status == RunRowStatus.READY)
    )


def _open(column: Any, which: ColumnElement[bool]) -> Any:
    """That column of the open differences of which this holds, where they have it."""
    is_open = Discrepancy.status == DiscrepancyStatus.OPEN
    return select(column).where(is_open, which, column.is_not(None)).correlate(None)


@dataclass(frozen=True, slots=True)
class Repairable:
    """How many subscriptions can be repaired, and how many of their differences there are of each kind.

    ``digest`` stands for all of them, with both of their sides: another subscription, or another value, and
    it is another one.
    """

    subscriptions: int
    kinds: Mapping[str, int]
    digest: str


def count_repairable(session: Session, chosen: Chosen = ALL) -> Repairable:
    """Of all subscriptions with open differences, or of those that are chosen."""
    which = of_chosen(chosen)
    kind, subscription = Discrepancy.kind, Discrepancy.stripe_subscription_id
    kinds = session.execute(select(kind, func.count()).where(which).group_by(kind).order_by(kind))
    subscriptions, digest = session.execute(
        select(func.count(subscription.distinct()), func.coalesce(_digest(), "")).where(which)
    ).one()
    return Repairable(subscriptions, {found.value: count for found, count in kinds}, digest)


def _digest() -> Any:
    """SHA-256 over those of each difference, in their order: PostgreSQL makes it of a few bytes a row."""
    order = Discrepancy.stripe_subscription_id, Discrepancy.kind
    shown = func.jsonb_build_array(*order, Discrepancy.local_value, Discrepancy.stripe_value)
    each = func.sha256(func.convert_to(cast(shown, Text), "UTF8"))
    return func.encode(func.sha256(func.string_agg(each, aggregate_order_by(literal(b""), *order))), "hex")


def count_alike(session: Session, chosen: Chosen, limit: int) -> Sequence[Row[Any]]:
    """What becomes of what, the most frequent first: ``kind``, both sides, and how many ``times``."""
    sides = Discrepancy.kind, Discrepancy.local_value, Discrepancy.stripe_value
    times = func.count().label("times")
    rows = select(*sides, times).where(of_chosen(chosen)).group_by(*sides)
    return session.execute(rows.order_by(times.desc(), *sides).limit(limit)).all()


def list_repairable(session: Session, chosen: Chosen, limit: int) -> Sequence[Row[Any]]:
    """The first differences of subscriptions that can be repaired: ``customer``, ``kind`` and both sides."""
    rows = (
        select(
            Organization.name.label("customer"),
            Discrepancy.kind,
            Discrepancy.local_value,
            Discrepancy.stripe_value,
        )
        .outerjoin(Organization, Organization.id == Discrepancy.organization_id)
        .where(of_chosen(chosen))
        .order_by(Organization.name, Discrepancy.stripe_subscription_id, Discrepancy.kind)
        .limit(limit)
    )
    return session.execute(rows).all()

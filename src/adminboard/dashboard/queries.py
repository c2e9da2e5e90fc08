"""The numbers on the dashboard (domain: "Dashboard figures"): what they are, and against what they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.masking import Mask
from adminboard.figures.models import Metric
from adminboard.figures.queries import Figures, Freshness, Span, load_figures
from adminboard.users.models import User

SHOWN_DAYS = 30
"""Today and the 29 days before."""
WEEK = 7
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure stands against what it was: None where that is not known."""

    before: int | None
    after: int

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before

    @property
    def percent(self) -> Decimal | None:
        """The difference in parts of a hundred of what it was, with one decimal; None against nothing."""
        if not self.before or self.difference is None:
            return None
        return (Decimal(self.difference) * 100 / abs(self.before)).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Revenue:
    """Of one currency, in minor units: what paid invoices brought less the refunds that were made."""

    currency: str
    net: Change
    paid_cents: int
    refunded_cents: int


@dataclass(frozen=True, slots=True)
class CallDay:
    day: date
    calls: int
    answered: int


@dataclass(frozen=True, slots=True)
class RevenueDay:
    """In minor units of the currency it is asked for."""

    day: date
    paid_cents: int
    refunded_cents: int

    @property
    def net_cents(self) -> int:
        return self.paid_cents - self.refunded_cents


@dataclass(frozen=True, slots=True)
class Signup:
    id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Numbers:
    """The four figures and what the charts show. ``revenue`` has the largest currency first, never none."""

    users: Change
    active_subscriptions: Change | None
    calls_answered: Change
    revenue: Sequence[Revenue]
    figures: Figures
    freshness: Freshness

    @property
    def is_counted(self) -> bool:
        """Whether there are figures of past days at all."""
        return self.freshness.refreshed_at is not None

    @property
    def span(self) -> Span:
        """The days that are shown."""
        return Span.until(self.figures.today, SHOWN_DAYS)

    @property
    def call_days(self) -> Sequence[CallDay]:
        on = self.figures.on
        return [CallDay(day, on(Metric.CALLS, day), on(Metric.CALLS_ANSWERED, day)) for day in self.span]

    def revenue_days(self, currency: str) -> Sequence[RevenueDay]:
        on = self.figures.on
        return [
            RevenueDay(day, on(Metric.REVENUE_CENTS, day, currency), on(Metric.REFUNDS_CENTS, day, currency))
            for day in self.span
        ]


def load_numbers(session: Session) -> Numbers:
    """Everything in four statements, which cost the same however many calls and users there are."""
    figures, freshness = load_figures(session, 2 * SHOWN_DAYS)
    return Numbers(
        users=_compare_users(figures),
        active_subscriptions=_compare_subscriptions(figures),
        calls_answered=_compare_spans(figures, Metric.CALLS_ANSWERED),
        revenue=_list_revenue(figures),
        figures=figures,
        freshness=freshness,
    )


def load_signups(session: Session) -> Sequence[Signup]:
    """The newest users, newest first."""
    rows = session.execute(
        select(User.id, User.email, User.full_name, User.created_at)
        .order_by(User.created_at.desc(), User.id.desc())
        .limit(NEWEST)
    )
    return [Signup(*row) for row in rows]


def _compare_users(figures: Figures) -> Change:
    """All users, against how many there were at the end of the day a week ago."""
    kept = Span(date.min, figures.today)
    all_users = figures.users_before + figures.total(Metric.SIGNUPS, kept)
    return Change(all_users - figures.total(Metric.SIGNUPS, Span.until(figures.today, WEEK)), all_users)


def _compare_subscriptions(figures: Figures) -> Change | None:
    """Those active now, against the end of the day a week ago; None before they were ever counted."""
    now = next(
        (
            count
            for day in reversed(list(Span.until(figures.today, WEEK)))
            if (count := figures.find(Metric.ACTIVE_SUBSCRIPTIONS, day)) is not None
        ),
        None,
    )
    if now is None:
        return None
    before = figures.find(Metric.ACTIVE_SUBSCRIPTIONS, figures.today - timedelta(days=WEEK))
    return Change(before, now)


def _compare_spans(figures: Figures, metric: Metric, dimension: str = "") -> Change:
    span = Span.until(figures.today, SHOWN_DAYS)
    return Change(figures.total(metric, span.before, dimension), figures.total(metric, span, dimension))


def _list_revenue(figures: Figures) -> Sequence[Revenue]:
    currencies = figures.dimensions(Metric.REVENUE_CENTS, Metric.REFUNDS_CENTS) or {"usd"}
    found = [_sum_revenue(figures, currency) for currency in currencies]
    return sorted(found, key=lambda revenue: (-revenue.paid_cents, revenue.currency))


def _sum_revenue(figures: Figures, currency: str) -> Revenue:
    paid = _compare_spans(figures, Metric.REVENUE_CENTS, currency)
    refunded = _compare_spans(figures, Metric.REFUNDS_CENTS, currency)
    assert paid.before is not None
    assert refunded.before is not None
    net = Change(paid.before - refunded.before, paid.after - refunded.after)
    return Revenue(currency, net, paid.after, refunded.after)

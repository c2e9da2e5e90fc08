"""Figures by day, so that no page counts millions of rows, and how far they have been brought."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base


class Metric(StrEnum):
    """What is counted by day. Amounts are in minor units and have the currency as their dimension."""

    SIGNUPS = "signups"
    """Users by the day on which they were created; all days together are all users."""
    CALLS = "calls"
    CALLS_ANSWERED = "calls_answered"
    """By AI, or forwarded."""
    REVENUE_CENTS = "revenue_cents"
    """What paid invoices brought, by the day on which they were paid."""
    REFUNDS_CENTS = "refunds_cents"
    """Refunds that succeeded, by the day on which they were made."""
    ACTIVE_SUBSCRIPTIONS = "active_subscriptions"
    """Those of the status active at the end of the day; for today, when it was last looked."""


class DailyMetric(Base):
    """One figure of one day of DEFAULT_TIMEZONE; a day without a row has none.

    Today's row is up to a minute behind: whoever shows today counts it from the rows themselves.
    `dimension` splits a metric (a currency) and is empty for the whole.
    """

    __tablename__ = "daily_metrics"

    metric: Mapped[Metric] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True, default="")
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    refreshed_at: Mapped[datetime]

    __table_args__ = (Index("ix_daily_metrics_day", "day"), {"schema": BOARD})


class FiguresState(Base):
    """How far the figures have been brought: one row, which whoever writes figures locks first.

    Changes of the product's rows up to `read_until` are in. The calls of 30 days end with `day`. All days
    are those of `time_zone`; when DEFAULT_TIMEZONE is another, everything is made anew. `checked_at` is when
    the figures were last compared with all the rows they come from. `settled_calls` are the calls of `day`
    whose rows were made by `settled_until`: who counts today's calls need only look at later rows.
    """

    __tablename__ = "figures_state"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    time_zone: Mapped[str]
    day: Mapped[date]
    read_until: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    settled_until: Mapped[datetime]
    settled_calls: Mapped[int]
    settled_calls_answered: Mapped[int]

    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"schema": BOARD})

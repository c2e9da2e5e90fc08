"""Figures by day, so that no page counts millions of rows."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base


class DailyMetric(Base):
    """One figure of one day of DEFAULT_TIMEZONE.

    `metric` says what is counted; `dimension` splits it (a currency, a plan's slug) and is empty for the
    whole. `value` is a count, or an amount in minor units where the metric's name ends in `_cents`.
    """

    __tablename__ = "daily_metrics"

    metric: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True, default="")
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    refreshed_at: Mapped[datetime]

    __table_args__ = (Index("ix_daily_metrics_day", "day"), {"schema": BOARD})

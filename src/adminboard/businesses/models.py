"""The businesses whose phone is answered, and their calls by day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped


class Business(Identified, Timestamped, Base):
    """A business of a user.

    `operating_hours` maps each weekday in English, lower case, to `{"open": "09:00", "close": "17:00",
    "closed": false}`; `core_services` is a list of names.
    """

    __tablename__ = "businesses"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    industry: Mapped[str | None]
    website: Mapped[str | None]
    address: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="UTC")
    primary_phone: Mapped[str | None]
    operating_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    core_services: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        Index("ix_businesses_owner_id", "owner_id", postgresql_include=["id"]),
        Index("ix_businesses_created_at", "created_at", "id"),
        Index("ix_businesses_name", text("lower(name)"), "id"),
        Index("ix_businesses_name_prefix", text("lower(name) text_pattern_ops")),
        Index("ix_businesses_industry", "industry", "created_at", "id"),
        Index("ix_businesses_primary_phone", "primary_phone"),
        Index(
            "ix_businesses_search",
            text("name gin_trgm_ops"),
            text("primary_phone gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


class BusinessFigures(Base):
    """What lists show or sort by and would be too slow to count on the way. Refreshed by a job.

    `calls_30d` counts today and the 29 days before, days of DEFAULT_TIMEZONE. Only a business that has had
    calls in them has a row: that is what active means. No foreign key: the job must not fight the product's
    writes over locks on businesses.
    """

    __tablename__ = "business_figures"

    business_id: Mapped[UUID] = mapped_column(primary_key=True)
    calls_30d: Mapped[int]
    refreshed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("calls_30d > 0", name="calls_30d_above_zero"),
        Index("ix_business_figures_calls_30d", "calls_30d", "business_id"),
        {"schema": BOARD},
    )


class BusinessCallDay(Base):
    """Calls of one business on one day of DEFAULT_TIMEZONE. Days without calls have no row.

    Rolled up by a job; today's calls are counted from `call_logs`.
    """

    __tablename__ = "business_call_days"

    business_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    forwarded: Mapped[int] = mapped_column(default=0)
    missed: Mapped[int] = mapped_column(default=0)
    voicemail: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    duration_seconds: Mapped[int] = mapped_column(default=0)
    """The sum over the day's calls."""

    __table_args__ = (
        CheckConstraint(
            "calls = answered + forwarded + missed + voicemail + failed", name="calls_is_sum_of_outcomes"
        ),
        Index("ix_business_call_days_day", "day", "business_id"),
        {"schema": BOARD},
    )

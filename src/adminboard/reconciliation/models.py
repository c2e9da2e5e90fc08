"""Where the database and Stripe disagree."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped


class DiscrepancyKind(StrEnum):
    MISSING_HERE = "missing_here"
    MISSING_IN_STRIPE = "missing_in_stripe"
    STATUS = "status"
    QUANTITY = "quantity"
    PLAN = "plan"
    PERIOD = "period"
    CANCEL_AT_PERIOD_END = "cancel_at_period_end"
    CUSTOMER = "customer"
    SEVERAL_LIVE_SUBSCRIPTIONS = "several_live_subscriptions"
    UNKNOWN_PRICE = "unknown_price"
    UNKNOWN_STATUS = "unknown_status"
    ERROR = "error"
    """The comparison itself failed."""


class DiscrepancyStatus(StrEnum):
    OPEN = "open"
    FIXED = "fixed"
    GONE = "gone"
    """A later run no longer found it."""


class Discrepancy(Identified, Timestamped, Base):
    __tablename__ = "discrepancies"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("board.runs.id"))
    organization_id: Mapped[UUID | None]
    subscription_id: Mapped[UUID | None]
    stripe_customer_id: Mapped[str | None]
    stripe_subscription_id: Mapped[str | None]
    kind: Mapped[DiscrepancyKind]
    local_value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    stripe_value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    status: Mapped[DiscrepancyStatus] = mapped_column(default=DiscrepancyStatus.OPEN)
    checked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]

    __table_args__ = (
        Index("ix_discrepancies_run_id", "run_id", "id"),
        Index("ix_discrepancies_organization_id", "organization_id", "checked_at", "id"),
        Index("ix_discrepancies_checked_at", "checked_at", "id"),
        Index("ix_discrepancies_open", "kind", "checked_at", "id", postgresql_where=text("status = 'open'")),
        {"schema": BOARD},
    )

"""Where the database and Stripe disagree, and what Stripe listed while they are compared."""

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
    PAUSE = "pause"
    """Whether payments are collected, what becomes of the invoices of a pause, or when it ends."""
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
        Index("ix_discrepancies_stripe_subscription_id", "stripe_subscription_id", "checked_at", "id"),
        Index(
            "uq_discrepancies_open",
            text("coalesce(stripe_subscription_id, stripe_customer_id)"),
            "kind",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        {"schema": BOARD},
    )


class ListedSubscription(Base):
    """A subscription as Stripe listed it during a run. Once they were compared only those that differ stay,
    to be repaired from, until the next run.

    `state` is the whole object, the columns are what is compared. Our rows that were changed at `asked_at` or
    later may show something newer.
    """

    __tablename__ = "listed_subscriptions"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("board.runs.id"), primary_key=True)
    stripe_subscription_id: Mapped[str] = mapped_column(primary_key=True)
    stripe_customer_id: Mapped[str]
    status: Mapped[str]
    """In Stripe's words, which may be more than ours."""
    stripe_price_id: Mapped[str | None]
    """Of the item that a plan of ours sells, or else of the first; None for one without items."""
    quantity: Mapped[int | None]
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    cancel_at_period_end: Mapped[bool]
    """Whether it is set to cancel, with its period or on the date `cancel_at`."""
    cancel_at: Mapped[datetime | None]
    pause_behavior: Mapped[str | None]
    pause_resumes_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    state: Mapped[dict[str, Any]]

    __table_args__ = ({"schema": BOARD},)

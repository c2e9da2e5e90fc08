"""What happened in billing, and the time given to customers whose payment failed."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped
from adminboard.db.types import Cents


class BillingEventSource(StrEnum):
    WEBHOOK = "webhook"
    MANUAL = "manual"


class ProcessingStatus(StrEnum):
    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    IGNORED = "ignored"


class GracePeriodStatus(StrEnum):
    OPEN = "open"
    RECOVERED = "recovered"
    LAPSED = "lapsed"
    CLOSED = "closed"


class BillingEvent(Identified, Timestamped, Base):
    """One thing that happened, from Stripe (`stripe_event_id` set) or by hand."""

    __tablename__ = "billing_events"

    stripe_event_id: Mapped[str | None] = mapped_column(unique=True)
    event_type: Mapped[str]
    source: Mapped[BillingEventSource]
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    raw_payload: Mapped[dict[str, Any] | None]
    stripe_customer_id: Mapped[str | None]
    stripe_subscription_id: Mapped[str | None]
    stripe_invoice_id: Mapped[str | None]
    stripe_charge_id: Mapped[str | None]
    stripe_refund_id: Mapped[str | None]
    amount_cents: Mapped[Cents | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    previous_status: Mapped[str | None]
    status: Mapped[str | None]
    """Of the object the event is about, in Stripe's words."""
    previous_quantity: Mapped[int | None]
    quantity: Mapped[int | None]
    notes: Mapped[str | None]
    processing_status: Mapped[ProcessingStatus] = mapped_column(default=ProcessingStatus.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    """When a worker takes it; of one being processed, when the claim of its worker lapses. None: never."""
    fetch_anew: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the object is to be asked of Stripe instead of being read from what was sent: for a replay."""

    __table_args__ = (
        CheckConstraint("(source = 'manual') = (stripe_event_id IS NULL)", name="webhook_has_event_id"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("currency ~ '^[a-z]{3}$'", name="currency_lower_case"),
        Index("ix_billing_events_received_at", "received_at", "id"),
        Index("ix_billing_events_processing_status", "processing_status", "received_at", "id"),
        # The invoices of one kind of event, like failed payments, are read from the index alone.
        Index(
            "ix_billing_events_event_type",
            "event_type",
            "received_at",
            "id",
            postgresql_include=["stripe_invoice_id"],
        ),
        Index("ix_billing_events_organization_id", "organization_id", "received_at", "id"),
        Index("ix_billing_events_source", "source", "received_at", "id"),
        Index("ix_billing_events_stripe_customer_id", "stripe_customer_id", "received_at"),
        Index("ix_billing_events_stripe_subscription_id", "stripe_subscription_id", "received_at"),
        Index("ix_billing_events_stripe_invoice_id", "stripe_invoice_id", "received_at"),
        Index("ix_billing_events_stripe_charge_id", "stripe_charge_id"),
        Index("ix_billing_events_stripe_refund_id", "stripe_refund_id"),
        # Any object of Stripe, like a product or a payment intent, finds the events that were about it.
        Index("ix_billing_events_object_id", text("(raw_payload #>> '{data,object,id}')")),
        Index(
            "ix_billing_events_payment_intent",
            text("(raw_payload #>> '{data,object,payment_intent}')"),
            postgresql_where=text("raw_payload #>> '{data,object,payment_intent}' IS NOT NULL"),
        ),
        Index(
            "ix_billing_events_due",
            "next_attempt_at",
            "id",
            postgresql_where=text("processing_status IN ('received', 'processing', 'failed')"),
        ),
    )


class GracePeriod(Identified, Timestamped, Base):
    """Access in spite of a failed payment, for a time. One open at most; its end counts at once."""

    __tablename__ = "grace_periods"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"), unique=True)
    """Whose failed payment opened it; null for one opened by hand."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str]
    status: Mapped[GracePeriodStatus] = mapped_column(default=GracePeriodStatus.OPEN)
    is_set_by_hand: Mapped[bool] = mapped_column(default=False)
    """Staff said when it ends: payments do not move it any more, they only end it."""

    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        Index(
            "uq_grace_periods_one_open",
            "organization_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_grace_periods_organization_id", "organization_id", "starts_at"),
        Index("ix_grace_periods_starts_at", "starts_at", "id"),
        Index("ix_grace_periods_ends_at", "ends_at", "id"),
        Index("ix_grace_periods_status", "status", "ends_at", "id"),
    )

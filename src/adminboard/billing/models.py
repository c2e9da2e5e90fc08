"""Plans, subscriptions, and what was invoiced, paid and given back.

`stripe_state_at` is the moment of the state of Stripe's that a row shows (`billing.mirror`).
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, case, func, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped
from adminboard.db.types import Cents, Credits

LIVE_SUBSCRIPTION = text("status NOT IN ('canceled', 'incomplete_expired')")
"""A live subscription (domain: "Billing rules"); the predicate of the index that allows one each."""

IS_LIVE = text("subscriptions.status NOT IN ('canceled', 'incomplete_expired')")
"""The same for joins: spelled with constants, so that the planner sees that at most one row matches."""


class BillingInterval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class SubscriptionStatus(StrEnum):
    """Stripe's words."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    CANCELED = "canceled"
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    PAUSED = "paused"


class PauseBehavior(StrEnum):
    """What becomes of the invoices while Stripe collects nothing; Stripe's words."""

    VOID = "void"
    KEEP_AS_DRAFT = "keep_as_draft"
    MARK_UNCOLLECTIBLE = "mark_uncollectible"


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


class PaymentMethodStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    DETACHED = "detached"


class RefundReason(StrEnum):
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    REQUESTED_BY_CUSTOMER = "requested_by_customer"


class RefundStatus(StrEnum):
    """Stripe's words."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class Plan(Identified, Timestamped, Base):
    """What is sold; products and prices live in Stripe. Never deleted while in use, only made inactive."""

    __tablename__ = "plans"

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    stripe_product_id: Mapped[str | None] = mapped_column(index=True)
    stripe_price_id: Mapped[str | None] = mapped_column(unique=True)
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    interval: Mapped[BillingInterval] = mapped_column(default=BillingInterval.MONTH)
    included_minutes: Mapped[int] = mapped_column(default=0)
    monthly_credits: Mapped[Credits] = mapped_column(default=Decimal(0))
    is_active: Mapped[bool] = mapped_column(default=True)
    stripe_state_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("currency ~ '^[a-z]{3}$'", name="currency_lower_case"),
        CheckConstraint("included_minutes >= 0", name="included_minutes_not_negative"),
        CheckConstraint("monthly_credits >= 0", name="monthly_credits_not_negative"),
    )


class Subscription(Identified, Timestamped, Base):
    """A subscription as Stripe last showed it."""

    __tablename__ = "subscriptions"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    stripe_subscription_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_item_id: Mapped[str | None]
    status: Mapped[SubscriptionStatus]
    quantity: Mapped[int] = mapped_column(default=1)
    current_period_start: Mapped[datetime | None]
    current_period_end: Mapped[datetime | None]
    trial_end: Mapped[datetime | None]
    cancel_at_period_end: Mapped[bool] = mapped_column(default=False)
    """Whether it is set to cancel, with its period or on a date, which Stripe says by `cancel_at` alone."""
    cancel_at: Mapped[datetime | None]
    """When it is set to cancel, as Stripe names it; without a date it ends with its period."""
    canceled_at: Mapped[datetime | None]
    pause_behavior: Mapped[PauseBehavior | None]
    """Set while Stripe collects no payments (its `pause_collection`), whatever the status; null otherwise."""
    pause_resumes_at: Mapped[datetime | None]
    """When Stripe collects again by itself; null for a pause without an end."""
    stripe_state_at: Mapped[datetime | None]

    @property
    def ends_at(self) -> datetime | None:
        """As `ENDS_AT`."""
        return (self.cancel_at or self.current_period_end) if self.cancel_at_period_end else None

    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity_at_least_one"),
        CheckConstraint("current_period_end >= current_period_start", name="period_in_order"),
        CheckConstraint(
            "pause_resumes_at IS NULL OR pause_behavior IS NOT NULL", name="resumes_only_from_a_pause"
        ),
        Index(
            "uq_subscriptions_one_live", "organization_id", unique=True, postgresql_where=LIVE_SUBSCRIPTION
        ),
        Index("ix_subscriptions_created_at", "created_at", "id"),
        Index("ix_subscriptions_stripe_item_id", "stripe_item_id"),
        Index("ix_subscriptions_organization_id", "organization_id", "created_at", "id"),
        Index("ix_subscriptions_plan_id", "plan_id", "status", "organization_id"),
        Index("ix_subscriptions_plan_created_at", "plan_id", "created_at", "id"),
        Index("ix_subscriptions_plan_period_end", "plan_id", "current_period_end", "id"),
        Index("ix_subscriptions_status", "status", "created_at", "id"),
        Index("ix_subscriptions_status_period_end", "status", "current_period_end", "id"),
        Index("ix_subscriptions_current_period_end", "current_period_end", "id"),
        Index(
            "ix_subscriptions_leaving_created_at",
            "created_at",
            "id",
            postgresql_where=text("cancel_at_period_end"),
        ),
        Index(
            "ix_subscriptions_leaving",
            "current_period_end",
            "id",
            postgresql_where=text("cancel_at_period_end"),
        ),
        Index(
            "ix_subscriptions_paused_created_at",
            "created_at",
            "id",
            postgresql_where=text("pause_behavior IS NOT NULL"),
        ),
        Index(
            "ix_subscriptions_paused",
            "current_period_end",
            "id",
            postgresql_where=text("pause_behavior IS NOT NULL"),
        ),
        Index("ix_subscriptions_trial_end", "trial_end", "id", postgresql_where=text("status = 'trialing'")),
    )


ENDS_AT = case(
    (
        Subscription.cancel_at_period_end,
        func.coalesce(Subscription.cancel_at, Subscription.current_period_end),
    )
)
"""When a subscription that is set to cancel ends; null of one that goes on."""


class Invoice(Identified, Timestamped, Base):
    __tablename__ = "invoices"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    stripe_subscription_id: Mapped[str | None]
    """Whose invoice it is while that subscription has not come here yet."""
    stripe_invoice_id: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str | None]
    amount_due_cents: Mapped[Cents]
    amount_paid_cents: Mapped[Cents] = mapped_column(default=0)
    amount_refunded_cents: Mapped[Cents] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[InvoiceStatus]
    due_date: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    period_start: Mapped[datetime | None]
    period_end: Mapped[datetime | None]
    hosted_invoice_url: Mapped[str | None]
    invoice_pdf_url: Mapped[str | None]
    payment_failed_at: Mapped[datetime | None]
    """When the first attempt to collect it failed, whatever became of it since."""
    stripe_state_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_paid_cents >= 0", name="amount_paid_not_negative"),
        CheckConstraint("amount_refunded_cents >= 0", name="amount_refunded_not_negative"),
        CheckConstraint("amount_refunded_cents <= amount_paid_cents", name="refunded_at_most_paid"),
        CheckConstraint("currency ~ '^[a-z]{3}$'", name="currency_lower_case"),
        # With the dates beside them, so that a walk past rows of other days reads the index alone.
        Index("ix_invoices_created_at", "created_at", "id", postgresql_include=["due_date", "paid_at"]),
        Index("ix_invoices_organization_id", "organization_id", "created_at", "id"),
        Index("ix_invoices_status", "status", "created_at", "id"),
        Index("ix_invoices_status_due_date", "status", "due_date", "id"),
        Index("ix_invoices_status_paid_at", "status", "paid_at", "id"),
        Index("ix_invoices_status_amount_due_cents", "status", "amount_due_cents", "id"),
        Index("ix_invoices_updated_at", "updated_at"),
        Index(
            "ix_invoices_without_subscription",
            "stripe_subscription_id",
            postgresql_where=text("subscription_id IS NULL AND stripe_subscription_id IS NOT NULL"),
        ),
        Index(
            "ix_invoices_payment_failed",
            "organization_id",
            "payment_failed_at",
            postgresql_where=text("payment_failed_at IS NOT NULL"),
        ),
        Index("ix_invoices_due_date", "due_date", "id"),
        # With what a day's revenue is summed up from beside it.
        Index(
            "ix_invoices_paid_at",
            "paid_at",
            "id",
            postgresql_include=["status", "currency", "amount_paid_cents"],
        ),
        Index("ix_invoices_amount_due_cents", "amount_due_cents", "id"),
        Index("ix_invoices_number", text("lower(number) text_pattern_ops")),
    )


class PaymentMethod(Identified, Timestamped, Base):
    __tablename__ = "payment_methods"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    stripe_payment_method_id: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    """Stripe's word: card, sepa_debit, link …"""
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    is_default: Mapped[bool] = mapped_column(default=False)
    status: Mapped[PaymentMethodStatus] = mapped_column(default=PaymentMethodStatus.ACTIVE)
    stripe_state_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("exp_month BETWEEN 1 AND 12", name="exp_month_of_a_year"),
        Index(
            "uq_payment_methods_one_default",
            "organization_id",
            unique=True,
            postgresql_where=text("is_default"),
        ),
        Index("ix_payment_methods_organization_id", "organization_id", "status", "created_at"),
        Index("ix_payment_methods_created_at", "created_at", "id"),
        Index("ix_payment_methods_last4", "last4", "created_at", "id"),
        Index("ix_payment_methods_status", "status", "created_at", "id"),
        Index("ix_payment_methods_type", "type", "created_at", "id"),
        Index("ix_payment_methods_expiry", text("(exp_year * 12 + exp_month)"), "id"),
    )


class Refund(Identified, Timestamped, Base):
    """Money given back, or on its way. `requested_by` names the admin, or Stripe's dashboard."""

    __tablename__ = "refunds"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[RefundReason | None]
    status: Mapped[RefundStatus]
    requested_by: Mapped[str]
    failure_reason: Mapped[str | None]
    """Of a failed one, in Stripe's word for it, like expired_or_canceled_card."""
    stripe_state_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_above_zero"),
        CheckConstraint("currency ~ '^[a-z]{3}$'", name="currency_lower_case"),
        Index("ix_refunds_created_at", "created_at", "id"),
        Index("ix_refunds_status", "status", "created_at", "id"),
        Index("ix_refunds_reason", "reason", "created_at", "id"),
        Index("ix_refunds_updated_at", "updated_at"),
        Index("ix_refunds_organization_id", "organization_id", "created_at", "id"),
        Index("ix_refunds_invoice_id", "invoice_id", "created_at"),
    )


class UsagePeriod(Identified, Timestamped, Base):
    """Minutes used in one billing period, and what those over the limit cost."""

    __tablename__ = "usage_periods"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    minutes_used: Mapped[int] = mapped_column(default=0)
    minutes_limit: Mapped[int] = mapped_column(default=0)
    overage_cents: Mapped[Cents] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("organization_id", "period_start"),
        CheckConstraint("period_end > period_start", name="period_in_order"),
        CheckConstraint("minutes_used >= 0", name="minutes_used_not_negative"),
        CheckConstraint("minutes_limit >= 0", name="minutes_limit_not_negative"),
        CheckConstraint("overage_cents >= 0", name="overage_not_negative"),
        Index("ix_usage_periods_period_start", "period_start", "id"),
        Index("ix_usage_periods_minutes_used", "minutes_used", "id"),
        Index("ix_usage_periods_overage_cents", "overage_cents", "id"),
        Index("ix_usage_periods_overage", "period_start", "id", postgresql_where=text("overage_cents > 0")),
    )

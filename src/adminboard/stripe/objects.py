"""What Stripe has, in the board's words: frozen, typed, without anything of the SDK.

Money is whole cents (the currency's smallest unit), moments are in UTC. Words of Stripe's that may grow, like
a subscription's status, stay text: an unknown one is for the caller to notice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, newest first. ``after`` is where the next page goes on; None when there is none."""

    items: tuple[T, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Customer:
    id: str
    email: str | None
    name: str | None
    default_payment_method_id: str | None
    is_delinquent: bool
    is_deleted: bool
    metadata: dict[str, str] = field(default_factory=dict)


ENDED = ("canceled", "incomplete_expired")
"""Statuses of subscriptions that are over."""


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    id: str
    price_id: str
    product_id: str
    quantity: int
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Collection is paused: what happens to invoices in the meantime, and until when, if that is known."""

    behavior: str
    resumes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Subscription:
    id: str
    customer_id: str
    customer: Customer | None
    """Only where it was asked for."""
    status: str
    currency: str
    items: tuple[SubscriptionItem, ...]
    created_at: datetime
    trial_end: datetime | None
    cancel_at_period_end: bool
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    pause: Pause | None
    latest_invoice_id: str | None

    @property
    def is_leaving(self) -> bool:
        """Whether it is set to cancel. Stripe says so by either field: a date, and what is cancelled in the
        portal where the billing mode is flexible, is in `cancel_at` alone. Both stay once it has ended."""
        return self.status not in ENDED and (self.cancel_at_period_end or self.cancel_at is not None)

    @property
    def period_start(self) -> datetime | None:
        return min((item.period_start for item in self.items), default=None)

    @property
    def period_end(self) -> datetime | None:
        return max((item.period_end for item in self.items), default=None)


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    description: str | None
    amount_cents: int
    quantity: int | None
    is_proration: bool
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice, or the preview of one, which has no id of its own to look up."""

    id: str
    number: str | None
    customer_id: str | None
    subscription_id: str | None
    status: str | None
    currency: str
    total_cents: int
    amount_due_cents: int
    amount_paid_cents: int
    attempt_count: int
    next_attempt_at: datetime | None
    created_at: datetime
    due_at: datetime | None
    finalized_at: datetime | None
    paid_at: datetime | None
    period_start: datetime
    period_end: datetime
    hosted_url: str | None
    pdf_url: str | None
    lines: tuple[InvoiceLine, ...]
    is_first: bool = False
    """Whether its subscription begins with it: one that is collected gives nothing until this is paid."""
    is_sent: bool = False
    """Whether it is sent to the customer, to be paid until it is due, rather than collected by Stripe."""
    has_more_lines: bool = False
    """Whether ``lines`` are only the first ones: with an invoice Stripe sends ten."""

    @property
    def proration_cents(self) -> int:
        """What of the total comes from changes in the middle of a period, as far as its lines tell."""
        return sum(line.amount_cents for line in self.lines if line.is_proration)


class PaymentKind(StrEnum):
    PAYMENT_INTENT = "payment_intent"
    CHARGE = "charge"
    PAYMENT_RECORD = "payment_record"


@dataclass(frozen=True, slots=True)
class Payment:
    """What paid an invoice or a part of it. A payment record was made outside Stripe: no refund of it.

    ``is_disputed`` while the customer's bank decides, or has decided for the customer: no refund either. A
    bank that only inquires, and a dispute that was won, forbid none.
    """

    kind: PaymentKind
    id: str
    currency: str
    paid_cents: int
    refunded_cents: int
    is_disputed: bool
    paid_at: datetime | None

    @property
    def refundable_cents(self) -> int:
        """What can still be given back through Stripe."""
        if self.kind is PaymentKind.PAYMENT_RECORD or self.is_disputed:
            return 0
        return max(self.paid_cents - self.refunded_cents, 0)


@dataclass(frozen=True, slots=True)
class PaymentFailure:
    """Why an attempt to pay failed. ``message`` is in Stripe's words for the customer, ``code`` the reason of
    the bank, like insufficient_funds, else of Stripe. ``tried_at`` is when the money was asked for:
    None where it never was."""

    message: str | None
    code: str | None
    tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    customer_id: str | None
    payment_intent_id: str | None
    amount_cents: int
    refunded_cents: int
    currency: str


KEY_NAME = "adminboard_key"
"""Under this name a refund keeps the key it was made with, which Stripe itself forgets after a day."""


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    amount_cents: int
    currency: str
    status: str | None
    reason: str | None
    failure_reason: str | None
    charge_id: str | None
    payment_intent_id: str | None
    created_at: datetime
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        """The key it was made with; None of one that no board made."""
        return self.metadata.get(KEY_NAME)


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    id: str
    customer_id: str | None
    type: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    description: str | None
    is_active: bool
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Price:
    id: str
    product_id: str
    amount_cents: int | None
    """None where Stripe works it out in tiers or parts of cents."""
    currency: str
    interval: str | None
    interval_count: int | None
    is_active: bool
    nickname: str | None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PromotionCode:
    id: str
    code: str
    coupon_id: str | None
    is_active: bool
    times_redeemed: int
    max_redemptions: int | None
    expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Coupon:
    id: str
    name: str | None
    percent_off: Decimal | None
    amount_off_cents: int | None
    currency: str | None
    duration: str
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in Stripe, with the object as it was then."""

    id: str
    type: str
    created_at: datetime
    object_id: str | None
    object_kind: str | None
    payload: dict[str, Any]
    """The whole event as JSON."""

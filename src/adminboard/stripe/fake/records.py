"""What the stand-in keeps of each object: its facts under Stripe's names. `shapes` puts the rest around them.

Money is in the currency's smallest unit, moments are whole seconds since 1970, as in Stripe.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    KIND: ClassVar[str]
    PREFIX: ClassVar[str]
    """What its ids begin with."""
    id: str = ""
    created: int = 0
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Product(Record):
    KIND, PREFIX = "product", "prod"
    name: str
    active: bool = True
    description: str | None = None
    updated: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class ProductFeature(Record):
    KIND, PREFIX = "product_feature", "prodft"
    product: str
    lookup_key: str
    name: str


@dataclass(slots=True, kw_only=True, eq=False)
class Price(Record):
    KIND, PREFIX = "price", "price"
    product: str
    unit_amount: int
    currency: str
    interval: str = "month"
    interval_count: int = 1
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Coupon(Record):
    KIND, PREFIX = "coupon", "coup"
    name: str | None = None
    percent_off: Decimal | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: str = "once"
    duration_in_months: int | None = None
    times_redeemed: int = 0
    valid: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class PromotionCode(Record):
    KIND, PREFIX = "promotion_code", "promo"
    code: str
    coupon: str
    active: bool = True
    expires_at: int | None = None
    max_redemptions: int | None = None
    times_redeemed: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Customer(Record):
    KIND, PREFIX = "customer", "cus"
    email: str | None = None
    name: str | None = None
    description: str | None = None
    phone: str | None = None
    default_payment_method: str | None = None
    delinquent: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentMethod(Record):
    KIND, PREFIX = "payment_method", "pm"
    type: str = "card"
    customer: str | None = None
    brand: str = "visa"
    last4: str = "4242"
    exp_month: int = 12
    exp_year: int = 2034
    declines_with: str | None = None
    """The decline code with which every charge of it fails."""


@dataclass(slots=True, kw_only=True, eq=False)
class Discount(Record):
    KIND, PREFIX = "discount", "di"
    coupon: str
    promotion_code: str | None = None
    customer: str
    subscription: str
    start: int
    end: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class SubscriptionItem(Record):
    KIND, PREFIX = "subscription_item", "si"
    subscription: str
    price: str
    quantity: int
    current_period_start: int
    current_period_end: int


@dataclass(slots=True, kw_only=True, eq=False)
class Subscription(Record):
    KIND, PREFIX = "subscription", "sub"
    customer: str
    currency: str
    status: str
    start_date: int
    billing_cycle_anchor: int
    items: list[SubscriptionItem] = field(default_factory=list)
    trial_start: int | None = None
    trial_end: int | None = None
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    canceled_at: int | None = None
    ended_at: int | None = None
    cancellation_details: dict[str, str | None] | None = None
    pause_collection: dict[str, Any] | None = None
    collection_method: str = "charge_automatically"
    days_until_due: int | None = None
    """Of who pays by invoice."""
    latest_invoice: str | None = None
    default_payment_method: str | None = None
    discounts: list[str] = field(default_factory=list)
    pending: list["InvoiceLine"] = field(default_factory=list)
    """Prorations that wait for the next invoice."""

    @property
    def is_over(self) -> bool:
        return self.status in ("canceled", "incomplete_expired")

    @property
    def period_end(self) -> int:
        return max(item.current_period_end for item in self.items)


@dataclass(slots=True, kw_only=True, eq=False)
class InvoiceLine(Record):
    KIND, PREFIX = "line_item", "il"
    description: str
    amount: int
    quantity: int
    price: str
    subscription_item: str
    proration: bool = False
    start: int
    end: int


@dataclass(slots=True, kw_only=True, eq=False)
class Invoice(Record):
    KIND, PREFIX = "invoice", "in"
    customer: str
    subscription: str | None = None
    currency: str
    status: str = "draft"
    number: str | None = None
    lines: list[InvoiceLine] = field(default_factory=list)
    total: int = 0
    discounts: list[str] = field(default_factory=list)
    total_discount_amounts: list[dict[str, Any]] = field(default_factory=list)
    amount_paid: int = 0
    billing_reason: str | None = None
    collection_method: str = "charge_automatically"
    attempt_count: int = 0
    next_payment_attempt: int | None = None
    due_date: int | None = None
    period_start: int = 0
    period_end: int = 0
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    marked_uncollectible_at: int | None = None

    @property
    def amount_due(self) -> int:
        return max(self.total, 0)


@dataclass(slots=True, kw_only=True, eq=False)
class InvoicePayment(Record):
    KIND, PREFIX = "invoice_payment", "inpay"
    invoice: str
    currency: str
    amount_requested: int
    amount_paid: int | None = None
    status: str = "open"
    payment_intent: str | None = None
    charge: str | None = None
    payment_record: str | None = None
    paid_at: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class PaymentIntent(Record):
    KIND, PREFIX = "payment_intent", "pi"
    amount: int
    currency: str
    customer: str | None = None
    status: str = "requires_payment_method"
    payment_method: str | None = None
    latest_charge: str | None = None
    amount_received: int = 0
    decline_code: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Charge(Record):
    KIND, PREFIX = "charge", "ch"
    amount: int
    currency: str
    customer: str | None = None
    payment_intent: str | None = None
    payment_method: str | None = None
    status: str = "succeeded"
    amount_refunded: int = 0
    disputed: bool = False
    decline_code: str | None = None

    @property
    def amount_captured(self) -> int:
        return self.amount if self.status == "succeeded" else 0


@dataclass(slots=True, kw_only=True, eq=False)
class Refund(Record):
    KIND, PREFIX = "refund", "re"
    amount: int
    currency: str
    charge: str
    payment_intent: str | None = None
    reason: str | None = None
    status: str = "succeeded"
    failure_reason: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Dispute(Record):
    KIND, PREFIX = "dispute", "du"
    amount: int
    currency: str
    charge: str
    payment_intent: str | None = None
    reason: str = "fraudulent"
    status: str = "needs_response"

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")

    @property
    def forbids_refund(self) -> bool:
        """While the bank decides, and once it has decided for the customer."""
        return not self.is_inquiry and self.status != "won"


@dataclass(slots=True, kw_only=True, eq=False)
class PortalSession(Record):
    KIND, PREFIX = "billing_portal.session", "bps"
    customer: str
    return_url: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Event(Record):
    KIND, PREFIX = "event", "evt"
    type: str
    data: dict[str, Any]
    request: dict[str, str | None]
    pending_webhooks: int = 0

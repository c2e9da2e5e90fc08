"""What the dashboard warns of in billing, as conditions: what it counts, the lists filter by the same words.

Each is about one row of its own table at the moment `NOW`. Statuses are spelled as constants, so that the
planner can use indexes over part of a table.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, select, text

from adminboard.billing.event_models import BillingEvent, GracePeriod
from adminboard.billing.expiry import card_month, month_of
from adminboard.billing.models import Invoice, Subscription
from adminboard.core.listings import NOW, Probe

TRIAL_ENDING = timedelta(hours=24)
PAYMENT_FAILED = timedelta(days=7)
GRACE_ENDING = timedelta(hours=48)
CARD_EXPIRING = timedelta(days=30)


def is_trial_ending() -> ColumnElement[bool]:
    """Of a subscription: its trial ends within 24 hours (domain: "Billing rules", alerts)."""
    return and_(
        text("subscriptions.status = 'trialing'"),
        Subscription.trial_end > NOW,
        Subscription.trial_end <= NOW + TRIAL_ENDING,
    )


def has_failed_payment() -> ColumnElement[bool]:
    """Of an invoice: a payment of it failed in the last 7 days, whatever became of it since."""
    return Invoice.stripe_invoice_id.in_(_failed_lately())


def probe_failed_payments() -> Probe:
    """The same, from the events that tell of it."""
    return Probe(_failed_lately(), Invoice.stripe_invoice_id, tells_all=True)


def _failed_lately() -> Select[Any]:
    return select(BillingEvent.stripe_invoice_id).where(
        text("billing_events.event_type = 'invoice.payment_failed'"),
        BillingEvent.received_at > NOW - PAYMENT_FAILED,
        BillingEvent.received_at <= NOW,
        BillingEvent.stripe_invoice_id.is_not(None),
    )


def is_past_due() -> ColumnElement[bool]:
    """Of an invoice: it is open and the day it was due is over."""
    return and_(text("invoices.status = 'open'"), Invoice.due_date < NOW)


def is_grace_ending() -> ColumnElement[bool]:
    """Of a grace period: it is open and ends within 48 hours (domain: "Billing rules", alerts)."""
    return and_(
        text("grace_periods.status = 'open'"),
        GracePeriod.ends_at > NOW,
        GracePeriod.ends_at <= NOW + GRACE_ENDING,
    )


def is_card_expiring() -> ColumnElement[bool]:
    """Of a payment method: it is active, and the last month of its card is over within 30 days."""
    return and_(
        text("payment_methods.status = 'active'"),
        card_month() >= month_of(NOW),
        card_month() < month_of(NOW + CARD_EXPIRING),
    )


def is_not(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """All other rows, those of which a value it asks for is not known too."""
    return not_(func.coalesce(condition, False))

"""What people and Stripe wrote in the tables of billing, for `hostile.fill`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from adminboard.models import billing, billing_events
from tests import factories


def put_billing(make: Callable[..., Any], subscription: billing.Subscription) -> dict[str, UUID]:
    """A row of each list of billing for the subscription's customer, by the list's path."""
    payer = {"organization_id": subscription.organization_id}
    invoice = make(factories.make_invoice, billing.Invoice, subscription_id=subscription.id, **payer)
    refund = make(factories.make_refund, billing.Refund, invoice_id=invoice.id, **payer)
    make(
        factories.make_billing_event,
        billing_events.BillingEvent,
        event_type="invoice.payment_failed",
        stripe_invoice_id=invoice.stripe_invoice_id,
        **payer,
    )
    usage = make(factories.make_usage_period, billing.UsagePeriod, overage_cents=100, **payer)
    method = make(factories.make_payment_method, billing.PaymentMethod, is_default=True, **payer)
    make(factories.make_payment_method, billing.PaymentMethod, **payer)
    grace = make(factories.make_grace_period, billing_events.GracePeriod, **payer)
    return {
        "/billing/subscriptions": subscription.id,
        "/billing/invoices": invoice.id,
        "/billing/refunds": refund.id,
        "/billing/usage": usage.id,
        "/billing/payment-methods": method.id,
        "/billing/grace-periods": grace.id,
    }

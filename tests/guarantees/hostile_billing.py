"""What people and Stripe wrote in the tables of billing, for `hostile.fill`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import object_session

from adminboard.models import billing, billing_events, core
from tests import factories
from tests.reconciliation.planting import put_difference


def put_billing(make: Callable[..., Any], subscription: billing.Subscription) -> dict[str, UUID | str]:
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
    run = _put_comparison(make, subscription)
    return {
        "/reconciliation": subscription.stripe_subscription_id or "",
        "/reconciliation/runs": run,
        "/billing/subscriptions": subscription.id,
        "/billing/invoices": invoice.id,
        "/billing/refunds": refund.id,
        "/billing/usage": usage.id,
        "/billing/payment-methods": method.id,
        "/billing/grace-periods": grace.id,
    }


def _put_comparison(make: Callable[..., Any], subscription: billing.Subscription) -> UUID:
    """A repair that left the subscription as it was, what differs of it, and what once did."""
    run = make(factories.make_run, core.Run, kind="reconciliation.fix", actor_kind="system")
    made = make(factories.make_run_row, core.RunRow, run_id=run.id, number=1, status="failed")
    named = {"subscription": made.error}
    make(factories.make_run_row, core.RunRow, run_id=run.id, number=2, status="skipped", input=named)
    text, session = named["subscription"], object_session(run)
    assert session is not None
    for status in ("open", "fixed"):
        put_difference(
            session,
            run.id,
            kind="plan",
            status=status,
            organization_id=subscription.organization_id,
            subscription_id=subscription.id,
            stripe_subscription_id=subscription.stripe_subscription_id,
            stripe_customer_id=text,
            local_value=text,
            stripe_value=[text],
            settled_by=text,
        )
    return UUID(str(run.id))

"""Invoices, previews of them, and what paid them."""

from __future__ import annotations

from datetime import datetime

import stripe
from stripe.params import InvoiceListParams, InvoicePaymentListParams

from adminboard.stripe.gateway.reading import id_of, moment, read_all, read_invoice, read_page
from adminboard.stripe.gateway.subscriptions import Proration
from adminboard.stripe.gateway.translating import reading
from adminboard.stripe.objects import Invoice, Page, Payment, PaymentFailure, PaymentKind

OVER_FOR_US = ("won", "warning_closed")
"""Disputes that ended without the money going back."""
WITH_CHARGES = ["data.payment.charge", "data.payment.payment_intent.latest_charge"]


class Invoices:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client.v1

    def get(self, invoice_id: str) -> Invoice:
        """Raises `NotInStripe`."""
        with reading():
            return read_invoice(self._client.invoices.retrieve(invoice_id))

    def list_page(
        self,
        *,
        customer_id: str | None = None,
        subscription_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Page[Invoice]:
        """Newest first; of a customer or a subscription, if one is given."""
        wanted: InvoiceListParams = {"limit": limit}
        if customer_id:
            wanted["customer"] = customer_id
        if subscription_id:
            wanted["subscription"] = subscription_id
        if after:
            wanted["starting_after"] = after
        with reading():
            return read_page(self._client.invoices.list(wanted), read_invoice)

    def preview_quantity(
        self,
        subscription_id: str,
        item_id: str,
        quantity: int,
        *,
        prorated_at: datetime,
        proration: Proration = Proration.ON_NEXT_INVOICE,
    ) -> Invoice:
        """The next invoice as it would be with another quantity from that moment on."""
        with reading():
            preview = self._client.invoices.create_preview(
                {
                    "subscription": subscription_id,
                    "subscription_details": {
                        "items": [{"id": item_id, "quantity": quantity}],
                        "proration_behavior": proration.value,
                        "proration_date": int(prorated_at.timestamp()),
                    },
                }
            )
            return read_invoice(preview)

    def find_paid_by(self, payment_intent_id: str) -> Invoice | None:
        """The invoice that a payment intent paid, or a part of which; None for one that paid no invoice."""
        wanted: InvoicePaymentListParams = {
            "payment": {"type": "payment_intent", "payment_intent": payment_intent_id},
            "limit": 1,
        }
        with reading():
            found = self._client.invoice_payments.list(wanted).data
        return self.get(id_of(found[0].invoice)) if found else None

    def find_failure(self, invoice_id: str) -> PaymentFailure | None:
        """Why the last attempt to pay the invoice failed; None where Stripe names no reason. One call."""
        with reading():
            found = self._client.invoice_payments.list(
                {"invoice": invoice_id, "limit": 10, "expand": WITH_CHARGES}
            )
        return next(filter(None, map(_read_failure, found.data)), None)

    def list_payments(self, invoice_id: str) -> tuple[Payment, ...]:
        """What paid the invoice, with what has been given back since."""
        with reading():
            found = self._client.invoice_payments.list(
                {"invoice": invoice_id, "status": "paid", "limit": 100, "expand": WITH_CHARGES}
            )
            return read_all(found, self._read_payment)

    def _read_payment(self, invoice_payment: stripe.InvoicePayment) -> Payment:
        payment = invoice_payment.payment
        kind = PaymentKind(payment.type)
        reference = getattr(payment, kind)
        charge = reference.latest_charge if isinstance(reference, stripe.PaymentIntent) else reference
        charge = charge if isinstance(charge, stripe.Charge) else None
        return Payment(
            kind=kind,
            id=id_of(reference),
            currency=invoice_payment.currency,
            paid_cents=invoice_payment.amount_paid or 0,
            refunded_cents=charge.amount_refunded if charge else 0,
            is_disputed=charge is not None and charge.disputed and self._is_held(charge.id),
            paid_at=moment(invoice_payment.status_transitions.paid_at),
        )

    def _is_held(self, charge_id: str) -> bool:
        """Whether a dispute forbids refunds of the charge, which was disputed at some time. One call."""
        disputes = self._client.disputes.list({"charge": charge_id, "limit": 100}).data
        return not all(one.is_charge_refundable or one.status in OVER_FOR_US for one in disputes)


def _read_failure(invoice_payment: stripe.InvoicePayment) -> PaymentFailure | None:
    intent = invoice_payment.payment.payment_intent
    if not isinstance(intent, stripe.PaymentIntent) or intent.last_payment_error is None:
        return None
    error, charge = intent.last_payment_error, intent.latest_charge
    return PaymentFailure(
        message=error.message,
        code=error.decline_code or error.code,
        tried_at=moment(charge.created) if isinstance(charge, stripe.Charge) else None,
    )

"""Giving money back."""

from __future__ import annotations

import stripe
from stripe.params import RefundCreateParams, RefundListParams

from adminboard.stripe.gateway.reading import read_all, read_page, read_refund
from adminboard.stripe.gateway.translating import changing, reading
from adminboard.stripe.objects import KEY_NAME, Page, Payment, PaymentKind, Refund


class NotRefundable(ValueError):
    """The payment was recorded from outside Stripe, which cannot give it back."""


class Refunds:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._refunds = client.v1.refunds

    def create(self, payment: Payment, amount_cents: int, *, key: str, reason: str | None = None) -> Refund:
        """Gives back so much of a payment. Raises `Refused` where that is more than is left of it."""
        wanted: RefundCreateParams = {"amount": amount_cents, "metadata": {KEY_NAME: key}}
        if payment.kind is PaymentKind.PAYMENT_INTENT:
            wanted["payment_intent"] = payment.id
        elif payment.kind is PaymentKind.CHARGE:
            wanted["charge"] = payment.id
        else:
            raise NotRefundable(payment.id)
        if reason:
            wanted["reason"] = reason
        with changing():
            return read_refund(self._refunds.create(wanted, {"idempotency_key": key}))

    def get(self, refund_id: str) -> Refund:
        """Raises `NotInStripe`."""
        with reading():
            return read_refund(self._refunds.retrieve(refund_id))

    def list_of_payment(self, payment: Payment) -> tuple[Refund, ...]:
        """Newest first, failed ones too."""
        wanted: RefundListParams = {"limit": 100}
        if payment.kind is PaymentKind.PAYMENT_INTENT:
            wanted["payment_intent"] = payment.id
        elif payment.kind is PaymentKind.CHARGE:
            wanted["charge"] = payment.id
        else:
            return ()
        with reading():
            return read_all(self._refunds.list(wanted), read_refund)

    def list_of_charge(self, charge_id: str) -> tuple[Refund, ...]:
        """Newest first, failed ones too."""
        with reading():
            return read_all(self._refunds.list({"charge": charge_id, "limit": 100}), read_refund)

    def find_by_key(self, payment: Payment, key: str) -> Refund | None:
        """The refund that was made with this key, if it was made."""
        made = (refund for refund in self.list_of_payment(payment) if refund.key == key)
        return next(made, None)

    def list_page(self, *, after: str | None = None, limit: int = 100) -> Page[Refund]:
        with reading():
            found = self._refunds.list(
                {"limit": limit, "starting_after": after} if after else {"limit": limit}
            )
            return read_page(found, read_refund)

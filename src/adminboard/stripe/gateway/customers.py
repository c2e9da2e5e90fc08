"""Customers, their payment methods, and their way into Stripe's portal."""

from __future__ import annotations

import stripe
from stripe.params import CustomerUpdateParams

from adminboard.stripe.gateway.reading import read_all, read_customer, read_page, read_payment_method
from adminboard.stripe.gateway.translating import changing, reading
from adminboard.stripe.objects import Customer, Page, PaymentMethod


class Customers:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client.v1

    def get(self, customer_id: str) -> Customer:
        """Raises `NotInStripe`. One that was deleted is still there, and says so."""
        with reading():
            return read_customer(self._client.customers.retrieve(customer_id))

    def list_page(self, *, after: str | None = None, limit: int = 100) -> Page[Customer]:
        with reading():
            found = self._client.customers.list(
                {"limit": limit, "starting_after": after} if after else {"limit": limit}
            )
            return read_page(found, read_customer)

    def find_by_email(self, email: str) -> tuple[Customer, ...]:
        """All with exactly this address; Stripe tells upper from lower case."""
        with reading():
            return read_all(self._client.customers.list({"email": email, "limit": 100}), read_customer)

    def update(
        self, customer_id: str, *, key: str, email: str | None = None, name: str | None = None
    ) -> Customer:
        """Changes what is given."""
        wanted: CustomerUpdateParams = {}
        if email is not None:
            wanted["email"] = email
        if name is not None:
            wanted["name"] = name
        with changing():
            return read_customer(self._client.customers.update(customer_id, wanted, {"idempotency_key": key}))

    def list_payment_methods(self, customer_id: str) -> tuple[PaymentMethod, ...]:
        with reading():
            found = self._client.payment_methods.list({"customer": customer_id, "limit": 100})
            return read_all(found, read_payment_method)

    def get_payment_method(self, payment_method_id: str) -> PaymentMethod:
        """Raises `NotInStripe`. One that was detached is still there, without a customer."""
        with reading():
            return read_payment_method(self._client.payment_methods.retrieve(payment_method_id))

    def open_portal(self, customer_id: str, *, return_url: str, key: str) -> str:
        """The address where the customer looks after their billing, for a short while."""
        with changing():
            session = self._client.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": return_url}, {"idempotency_key": key}
            )
            return session.url

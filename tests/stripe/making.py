"""Putting things into Stripe through its API, so that it works on the stand-in and on Stripe alike."""

from dataclasses import dataclass
from uuid import uuid4

from stripe import Customer, Price, StripeClient, Subscription, SubscriptionItem
from stripe.params import SubscriptionCreateParams

GOOD_CARD, FAILING_CARD = "pm_card_visa", "pm_card_chargeCustomerFail"


@dataclass
class Maker:
    client: StripeClient

    def price(self, *, cents: int = 7900, name: str = "Growth") -> Price:
        product = self.client.v1.products.create({"name": name})
        return self.client.v1.prices.create(
            {
                "product": product.id,
                "unit_amount": cents,
                "currency": "usd",
                "recurring": {"interval": "month"},
            }
        )

    def customer(self, *, card: str | None = GOOD_CARD, email: str | None = None) -> Customer:
        customer = self.client.v1.customers.create(
            {"email": email or f"{uuid4().hex}@example.com", "name": "Blue Door Dental"}
        )
        if card is None:
            return customer
        method = self.client.v1.payment_methods.attach(card, {"customer": customer.id})
        return self.client.v1.customers.update(
            customer.id, {"invoice_settings": {"default_payment_method": method.id}}
        )

    def subscription(
        self,
        customer: Customer | None = None,
        price: Price | None = None,
        *,
        seats: int = 3,
        trial_days: int = 0,
        days_until_due: int | None = None,
    ) -> Subscription:
        """``days_until_due`` is for who pays by invoice."""
        parameters: SubscriptionCreateParams = {
            "customer": (customer or self.customer()).id,
            "items": [{"price": (price or self.price()).id, "quantity": seats}],
        }
        if trial_days:
            parameters["trial_period_days"] = trial_days
        if days_until_due is not None:
            parameters["collection_method"] = "send_invoice"
            parameters["days_until_due"] = days_until_due
        return self.client.v1.subscriptions.create(parameters)

    def payment_of(self, subscription: Subscription) -> str:
        """The payment intent that paid the latest invoice."""
        invoice = subscription.latest_invoice
        assert isinstance(invoice, str)
        payment = self.client.v1.invoice_payments.list({"invoice": invoice, "status": "paid"}).data[0].payment
        assert isinstance(payment.payment_intent, str)
        return payment.payment_intent


def item_of(subscription: Subscription) -> SubscriptionItem:
    """Its only item; as an attribute, `items` would be the method of a mapping in older SDKs."""
    return subscription.items.data[0]

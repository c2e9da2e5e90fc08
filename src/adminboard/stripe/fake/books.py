"""All records of the account, by kind and by id."""

from collections.abc import Iterator
from typing import Any, TypeVar

from adminboard.stripe.fake import records
from adminboard.stripe.fake.collection import Collection
from adminboard.stripe.fake.records import Record
from adminboard.stripe.fake.refusals import missing

R = TypeVar("R", bound=Record)


class Books:
    def __init__(self) -> None:
        self.products = Collection(records.Product)
        self.product_features = Collection(records.ProductFeature, indexed=("product",))
        self.prices = Collection(records.Price, indexed=("product",))
        self.coupons = Collection(records.Coupon)
        self.promotion_codes = Collection(records.PromotionCode, indexed=("code",))
        self.customers = Collection(records.Customer)
        self.payment_methods = Collection(records.PaymentMethod, indexed=("customer",))
        self.subscriptions = Collection(records.Subscription, indexed=("customer",))
        self.subscription_items = Collection(records.SubscriptionItem, indexed=("subscription",))
        self.discounts = Collection(records.Discount)
        self.invoices = Collection(records.Invoice, indexed=("customer", "subscription"))
        self.invoice_payments = Collection(
            records.InvoicePayment, indexed=("invoice", "payment_intent", "charge")
        )
        self.payment_intents = Collection(records.PaymentIntent, indexed=("customer",))
        self.charges = Collection(records.Charge, indexed=("customer", "payment_intent"))
        self.refunds = Collection(records.Refund, indexed=("charge", "payment_intent"))
        self.disputes = Collection(records.Dispute)
        self.portal_sessions = Collection(records.PortalSession)
        self.events = Collection(records.Event)

        self._by_kind: dict[str, Collection[Any]] = {
            value.kind.KIND: value for value in vars(self).values() if isinstance(value, Collection)
        }

    @property
    def collections(self) -> Iterator[Collection[Any]]:
        return iter(self._by_kind.values())

    def all_of(self, kind: type[R]) -> Collection[R]:
        found: Collection[R] = self._by_kind[kind.KIND]
        return found

    def get(self, kind: type[R], identifier: str, *, param: str = "id", status: int = 404) -> R:
        """The record, or Stripe's `Refusal` that there is none."""
        record = self.all_of(kind).find(identifier)
        if record is None:
            raise missing(kind.KIND, identifier, param=param, status=status)
        return record

    def find_any(self, identifier: str) -> Record | None:
        """The record of this id, of whatever kind."""
        found = (collection.find(identifier) for collection in self.collections)
        return next((record for record in found if record is not None), None)

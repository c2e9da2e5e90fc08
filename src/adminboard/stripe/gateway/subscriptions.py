"""Subscriptions: read, and changed as staff may change them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import stripe
from stripe.params import SubscriptionListParams, SubscriptionUpdateParams

from adminboard.stripe.errors import NotInStripe, RateLimited, StripeUnavailable, UnknownOutcome
from adminboard.stripe.gateway.reading import read_all, read_page, read_subscription
from adminboard.stripe.gateway.translating import changing, reading
from adminboard.stripe.objects import ENDED, Page, Subscription


class Proration(StrEnum):
    """When a change in the middle of a period is charged or given back, if at all."""

    ON_NEXT_INVOICE = "create_prorations"
    AT_ONCE = "always_invoice"
    NONE = "none"


class PauseBehavior(StrEnum):
    """What becomes of the invoices of a pause."""

    KEEP_AS_DRAFT = "keep_as_draft"
    MARK_UNCOLLECTIBLE = "mark_uncollectible"
    VOID = "void"


class Subscriptions:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._subscriptions = client.v1.subscriptions

    def get(self, subscription_id: str) -> Subscription:
        """With its customer. Raises `NotInStripe`."""
        with reading():
            return read_subscription(self._subscriptions.retrieve(subscription_id, {"expand": ["customer"]}))

    def list_page(self, *, after: str | None = None, limit: int = 100) -> Page[Subscription]:
        """Of every status, newest first, customers included; ``after`` takes up where a page ended."""
        wanted: SubscriptionListParams = {"status": "all", "limit": limit, "expand": ["data.customer"]}
        if after:
            wanted["starting_after"] = after
        with reading():
            return read_page(self._subscriptions.list(wanted), read_subscription)

    def list_of_customer(self, customer_id: str) -> tuple[Subscription, ...]:
        """Of every status, newest first."""
        with reading():
            found = self._subscriptions.list({"customer": customer_id, "status": "all", "limit": 100})
            return read_all(found, read_subscription)

    def change_quantity(
        self,
        subscription_id: str,
        item_id: str,
        quantity: int,
        *,
        key: str,
        proration: Proration = Proration.ON_NEXT_INVOICE,
        prorated_at: datetime | None = None,
    ) -> Subscription:
        """``prorated_at`` is the moment a preview was made for, so that what it showed is what is charged.

        Raises `Declined`, with nothing changed, when it is charged at once and the bank says no.
        """
        wanted: SubscriptionUpdateParams = {
            "items": [{"id": item_id, "quantity": quantity}],
            "proration_behavior": proration.value,
            "payment_behavior": "error_if_incomplete",
        }
        if prorated_at is not None:
            wanted["proration_date"] = int(prorated_at.timestamp())
        return self._update(subscription_id, wanted, key)

    def cancel_at_period_end(
        self, subscription_id: str, *, key: str, comment: str | None = None
    ) -> Subscription:
        wanted: SubscriptionUpdateParams = {"cancel_at_period_end": True}
        if comment:
            wanted["cancellation_details"] = {"comment": comment}
        return self._update(subscription_id, wanted, key)

    def keep_after_period_end(self, subscription_id: str, *, key: str) -> Subscription:
        """Takes back that it was set to cancel, with its period or on a date.

        Stripe refuses both fields in one call. So a date that the first call leaves is cleared by a second,
        under a key that follows from the first one's.
        """
        kept = self._update(subscription_id, {"cancel_at_period_end": False}, key)
        return self._update(subscription_id, {"cancel_at": ""}, f"{key}-date") if kept.is_leaving else kept

    def cancel_now(self, subscription_id: str, *, key: str, comment: str | None = None) -> Subscription:
        """Without giving anything back. One that has ended is returned as it is.

        Stripe keeps no key for this call and says that it does not know an ended subscription; so a repeat,
        whether by us or on the way, is settled by looking. Where looking fails, nobody knows.
        """
        try:
            with changing():
                return read_subscription(
                    self._subscriptions.cancel(
                        subscription_id,
                        {
                            "prorate": False,
                            "invoice_now": False,
                            "cancellation_details": {"comment": comment or ""},
                        },
                        {"idempotency_key": key},
                    )
                )
        except NotInStripe:
            found = self._look_after_cancelling(subscription_id)
            if found.status in ENDED:
                return found
            raise

    def _look_after_cancelling(self, subscription_id: str) -> Subscription:
        """What the looking raises would say that nothing was done; an attempt before may have done it."""
        try:
            return self.get(subscription_id)
        except (StripeUnavailable, RateLimited) as problem:
            raise UnknownOutcome(
                "Stripe does not know this subscription any more, or not at all, and does not say now how it "
                "stands. The board looks until it knows. Do not make the change a second time."
            ) from problem

    def pause(
        self,
        subscription_id: str,
        *,
        key: str,
        behavior: PauseBehavior = PauseBehavior.VOID,
        resumes_at: datetime | None = None,
    ) -> Subscription:
        """Stops collecting; the subscription itself goes on."""
        wanted: SubscriptionUpdateParams = {"pause_collection": {"behavior": behavior.value}}
        if resumes_at is not None:
            wanted["pause_collection"] = {
                "behavior": behavior.value,
                "resumes_at": int(resumes_at.timestamp()),
            }
        return self._update(subscription_id, wanted, key)

    def end_pause(self, subscription_id: str, *, key: str) -> Subscription:
        """Collects again. Raises `Refused` for one that has ended."""
        return self._update(subscription_id, {"pause_collection": ""}, key)

    def resume(self, subscription_id: str, *, key: str) -> Subscription:
        """Of one whose status is paused, which is more than a pause of collection: begins a new period."""
        with changing():
            return read_subscription(
                self._subscriptions.resume(subscription_id, {}, {"idempotency_key": key})
            )

    def _update(self, subscription_id: str, wanted: SubscriptionUpdateParams, key: str) -> Subscription:
        with changing():
            return read_subscription(
                self._subscriptions.update(subscription_id, wanted, {"idempotency_key": key})
            )

"""Subscriptions: begun, changed, paused, resumed, cancelled."""

from typing import Any

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.changes import (
    change_items,
    end_subscription,
    require_changeable,
    set_details,
    set_end_date,
    set_to_end,
)
from adminboard.stripe.fake.billing.collecting import ask_for, collect, method_for, require_payable, settle
from adminboard.stripe.fake.billing.invoicing import finalize, make_invoice, period_lines, proration_lines
from adminboard.stripe.fake.billing.periods import DAY, end_of_period
from adminboard.stripe.fake.listing import Listing, was_within
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Price, Subscription, SubscriptionItem
from adminboard.stripe.fake.refusals import invalid, missing
from adminboard.stripe.fake.resources.catalogue import change_fields
from adminboard.stripe.fake.resources.customers import get_customer
from adminboard.stripe.fake.resources.promotions import redeem
from adminboard.stripe.fake.routing import Routes

routes = Routes()
PATH = "/v1/subscriptions/{subscription_exposed_id}"


def _has_status(_account: Account, subscription: Subscription, wanted: str | None) -> bool:
    """Without a wish all that are not canceled."""
    if wanted is None:
        return subscription.status != "canceled"
    return wanted in ("all", subscription.status) or (wanted == "ended" and subscription.is_over)


def _has_price(_account: Account, subscription: Subscription, wanted: str) -> bool:
    return any(item.price == wanted for item in subscription.items)


def _ends(_account: Account, subscription: Subscription, wanted: Any) -> bool:
    return was_within(subscription.period_end, wanted)


SUBSCRIPTIONS = Listing(
    Subscription,
    frozenset({"customer"}),
    {"status": _has_status, "price": _has_price, "current_period_end": _ends},
    by_default=_has_status,
)
ITEMS = Listing(SubscriptionItem, frozenset({"subscription"}), has_created=False)

routes.listing("/v1/subscriptions", "SubscriptionListParams", SUBSCRIPTIONS)
routes.retrieve(PATH, "SubscriptionRetrieveParams", Subscription)
routes.listing("/v1/subscription_items", "SubscriptionItemListParams", ITEMS)
routes.retrieve("/v1/subscription_items/{item}", "SubscriptionItemRetrieveParams", SubscriptionItem)


@routes.post(
    "/v1/subscriptions",
    "SubscriptionCreateParams",
    "customer items[price] items[quantity] trial_period_days payment_behavior default_payment_method "
    "metadata discounts[coupon] discounts[promotion_code] collection_method days_until_due",
)
def create_subscription(account: Account, given: Given) -> Subscription:
    customer = get_customer(account, given.get("customer", ""), param="customer", status=400)
    require_terms(given)
    now = account.clock.now()
    days = given.get("trial_period_days", 0)
    prices = [
        account.get(Price, item.get("price", ""), param=f"items[{number}][price]", status=400)
        for number, item in enumerate(given.get("items", []))
    ]
    if not prices:
        raise invalid("Missing required param: items.", param="items", code="parameter_missing")
    subscription = account.number(
        Subscription(
            customer=customer.id,
            currency=prices[0].currency,
            status="trialing" if days else "incomplete",
            start_date=now,
            billing_cycle_anchor=now + days * DAY,
            trial_start=now if days else None,
            trial_end=now + days * DAY if days else None,
            default_payment_method=given.get("default_payment_method"),
            collection_method=given.get("collection_method", "charge_automatically"),
            days_until_due=given.get("days_until_due"),
            metadata=given.get("metadata", {}),
        )
    )
    subscription.items = [
        _begin_item(account, subscription, price, item.get("quantity", 1))
        for price, item in zip(prices, given["items"], strict=True)
    ]
    redeem(account, subscription, given.get("discounts") or [])
    _bill_first(account, subscription, given.get("payment_behavior", "allow_incomplete"))
    account.tell("customer.subscription.created", subscription)
    return subscription


@routes.post(
    PATH,
    "SubscriptionUpdateParams",
    "items[id] items[price] items[quantity] proration_behavior proration_date payment_behavior "
    "cancel_at cancel_at_period_end cancellation_details pause_collection default_payment_method metadata "
    "discounts[coupon] discounts[promotion_code] trial_end",
)
def update_subscription(account: Account, identifier: str, given: Given) -> Subscription:
    subscription = account.get(Subscription, identifier)
    require_changeable(subscription, given)
    with account.changing(subscription, "customer.subscription.updated"):
        if "items" in given:
            change_items(
                account,
                subscription,
                given["items"],
                behavior=given.get("proration_behavior", "create_prorations"),
                at=given.get("proration_date", account.clock.now()),
                payment_behavior=given.get("payment_behavior", "allow_incomplete"),
            )
        _change_course(account, subscription, given)
        change_fields(subscription, given, "default_payment_method")
    return subscription


@routes.delete(PATH, "SubscriptionCancelParams", "cancellation_details invoice_now prorate")
def cancel_subscription(account: Account, identifier: str, given: Given) -> Subscription:
    subscription = account.get(Subscription, identifier)
    if subscription.is_over:
        raise missing("subscription", identifier)
    if given.get("prorate"):
        for item in subscription.items:
            unused, _ = proration_lines(
                account, item, price=item.price, quantity=item.quantity, at=account.clock.now()
            )
            subscription.pending.append(unused)
    if given.get("invoice_now") and subscription.pending:
        final = make_invoice(account, subscription, [], "subscription_update")
        collect(account, finalize(account, subscription, final))
    end_subscription(
        account, subscription, reason="cancellation_requested", details=given.get("cancellation_details")
    )
    return subscription


@routes.post("/v1/subscriptions/{subscription}/resume", "SubscriptionResumeParams", "proration_behavior")
def resume_subscription(account: Account, identifier: str, _given: Given) -> Subscription:
    """A subscription that is paused as a whole begins a new period."""
    subscription = account.get(Subscription, identifier)
    if subscription.status != "paused":
        raise invalid(f"Only paused subscriptions can be resumed, this one is {subscription.status}.")
    with account.changing(subscription, "customer.subscription.updated"):
        subscription.status = "active"
        subscription.billing_cycle_anchor = account.clock.now()
        for item in subscription.items:
            _begin_period(account, subscription, item)
        invoice = make_invoice(
            account, subscription, period_lines(account, subscription), "subscription_update"
        )
        settle(subscription, collect(account, finalize(account, subscription, invoice)))
    account.tell("customer.subscription.resumed", subscription)
    return subscription


def require_terms(given: Given) -> None:
    """Raises a `Refusal` unless who pays by invoice, and nobody else, is given days to pay in."""
    if (given.get("collection_method") == "send_invoice") != ("days_until_due" in given):
        raise invalid(
            "`days_until_due` is required with `collection_method` send_invoice, and only allowed with it.",
            param="days_until_due",
        )


def _begin_item(
    account: Account, subscription: Subscription, price: Price, quantity: int
) -> SubscriptionItem:
    item = SubscriptionItem(
        subscription=subscription.id,
        price=price.id,
        quantity=quantity,
        current_period_start=0,
        current_period_end=0,
    )
    _begin_period(account, subscription, item)
    return account.number(item)


def _begin_period(account: Account, subscription: Subscription, item: SubscriptionItem) -> None:
    price, now = account.get(Price, item.price), account.clock.now()
    item.current_period_start = now
    item.current_period_end = (
        subscription.trial_end
        if subscription.status == "trialing" and subscription.trial_end
        else end_of_period(now, price.interval, price.interval_count, anchor=now)
    )


def _bill_first(account: Account, subscription: Subscription, payment_behavior: str) -> None:
    """Keeps a new subscription with its first invoice.

    If nobody pays that, the subscription is incomplete, or was refused before anything was kept.
    """
    is_trial = subscription.status == "trialing"
    lines = period_lines(account, subscription, is_trial=is_trial)
    invoice = make_invoice(account, subscription, lines, "subscription_create")
    if payment_behavior == "error_if_incomplete":
        require_payable(invoice, method_for(account, subscription.customer, subscription))
    for item in subscription.items:
        account.add(item)
    finalize(account, account.add(subscription), invoice)
    if payment_behavior != "default_incomplete" or not invoice.amount_due:
        ask_for(account, subscription, invoice)


def _change_course(account: Account, subscription: Subscription, given: Given) -> None:
    """What is to become of it: its end, its pause, its trial, its discounts."""
    if {"cancel_at", "cancel_at_period_end"} <= given.keys():
        raise invalid(
            "Received both cancel_at_period_end and cancel_at parameters. Please pass in only one.",
            param="cancel_at_period_end",
        )
    if "cancel_at" in given:
        set_end_date(account, subscription, given["cancel_at"])
    if "cancel_at_period_end" in given:
        set_to_end(account, subscription, ends=given["cancel_at_period_end"])
    if "cancellation_details" in given:
        set_details(subscription, given["cancellation_details"])
    if "pause_collection" in given:
        pause = given["pause_collection"]
        subscription.pause_collection = {"resumes_at": None, **pause} if pause else None
    if "discounts" in given:
        redeem(account, subscription, given["discounts"] or [])
    if "trial_end" in given and subscription.status == "trialing":
        now = account.clock.now()
        subscription.trial_end = now if given["trial_end"] == "now" else given["trial_end"]
        for item in subscription.items:
            item.current_period_end = subscription.trial_end or now

"""Changes of a subscription: its items, its end, its pause."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.collecting import collect, method_for, require_payable, settle
from adminboard.stripe.fake.billing.invoicing import finalize, make_invoice, proration_lines
from adminboard.stripe.fake.records import InvoiceLine, Price, Subscription, SubscriptionItem
from adminboard.stripe.fake.refusals import invalid, missing

CHANGEABLE_WHEN_OVER = {"cancellation_details", "metadata"}


def require_changeable(subscription: Subscription, given: dict[str, Any]) -> None:
    """Raises a `Refusal` when the subscription is over and more is to change than can be."""
    if subscription.is_over and not set(given) <= CHANGEABLE_WHEN_OVER:
        raise invalid(
            "A canceled subscription can only update its cancellation_details and metadata.",
            code="resource_missing",
        )


def prorate(
    account: Account, subscription: Subscription, wanted: Sequence[dict[str, Any]], *, at: int
) -> list[InvoiceLine]:
    """What the wanted items cost and give back from a moment on; nothing on trial. Changes nothing."""
    lines = []
    for position, change in enumerate(wanted):
        item = find_item(subscription, change, position)
        price = change.get("price", item.price)
        account.get(Price, price, param=f"items[{position}][price]", status=400)
        quantity = change.get("quantity", item.quantity)
        is_changed = (price, quantity) != (item.price, item.quantity)
        if is_changed and subscription.status != "trialing":
            lines += proration_lines(account, item, price=price, quantity=quantity, at=at)
    return lines


def change_items(
    account: Account,
    subscription: Subscription,
    wanted: Sequence[dict[str, Any]],
    *,
    behavior: str,
    at: int,
    payment_behavior: str,
) -> None:
    """Changes prices and quantities; prorations wait for the next invoice or are invoiced at once."""
    lines = prorate(account, subscription, wanted, at=at) if behavior != "none" else []
    if behavior == "always_invoice" and payment_behavior == "error_if_incomplete":
        invoice = make_invoice(account, subscription, lines, "subscription_update")
        require_payable(invoice, method_for(account, subscription.customer, subscription))
    for position, change in enumerate(wanted):
        item = find_item(subscription, change, position)
        item.price = change.get("price", item.price)
        item.quantity = change.get("quantity", item.quantity)
    if not lines:
        return
    if behavior == "create_prorations":
        subscription.pending += lines
        return
    invoice = finalize(
        account, subscription, make_invoice(account, subscription, lines, "subscription_update")
    )
    settle(subscription, collect(account, invoice))


def find_item(subscription: Subscription, change: dict[str, Any], position: int) -> SubscriptionItem:
    """The item that is to change. Raises a `Refusal` unless its id is given and is the subscription's."""
    for item in subscription.items:
        if item.id == change.get("id"):
            return item
    raise missing("subscription_item", str(change.get("id")), param=f"items[{position}][id]", status=400)


def with_items(subscription: Subscription, wanted: Sequence[dict[str, Any]]) -> Subscription:
    """A copy as it would be with the wanted items, for a preview."""
    changes = {find_item(subscription, change, number).id: change for number, change in enumerate(wanted)}
    items = [
        replace(
            item,
            price=changes.get(item.id, {}).get("price", item.price),
            quantity=changes.get(item.id, {}).get("quantity", item.quantity),
        )
        for item in subscription.items
    ]
    return replace(subscription, items=items, pending=list(subscription.pending))


def set_to_end(account: Account, subscription: Subscription, *, ends: bool) -> None:
    """To be cancelled at the end of the period, or no more; a date that was set by itself is left."""
    if not ends and not subscription.cancel_at_period_end:
        return
    _set_end(account, subscription, subscription.period_end if ends else None)
    subscription.cancel_at_period_end = ends


def set_end_date(account: Account, subscription: Subscription, wanted: int | str) -> None:
    """To be cancelled at a moment, or when the period of its first or last item is over; an empty text takes
    back whatever was set. As in flexible billing mode the moment stands alone: `cancel_at_period_end` is
    false, which is also how a cancellation in the billing portal looks."""
    ends = [item.current_period_end for item in subscription.items]
    named: dict[int | str, int | None] = {"": None, "min_period_end": min(ends), "max_period_end": max(ends)}
    at = named[wanted] if wanted in named else int(wanted)
    if at is not None and at <= account.clock.now():
        raise invalid("`cancel_at` must be in the future.", param="cancel_at")
    _set_end(account, subscription, at)
    subscription.cancel_at_period_end = False


def _set_end(account: Account, subscription: Subscription, at: int | None) -> None:
    subscription.cancel_at = at
    subscription.canceled_at = None if at is None else account.clock.now()


def end_subscription(
    account: Account, subscription: Subscription, *, reason: str, details: dict[str, Any] | None = None
) -> None:
    """It is canceled now. Its open invoices are not collected any more."""
    now = account.clock.now()
    subscription.status = "canceled"
    subscription.canceled_at = subscription.canceled_at or now
    subscription.ended_at = now
    subscription.cancel_at_period_end = False
    subscription.pause_collection = None
    set_details(subscription, {"reason": reason, **(details or {})})
    for invoice in account.invoices.of("subscription", subscription.id):
        invoice.next_payment_attempt = None
    account.tell("customer.subscription.deleted", subscription)


def set_details(subscription: Subscription, details: dict[str, Any]) -> None:
    """Why it was cancelled, in the customer's or staff's words."""
    before = subscription.cancellation_details or {
        "comment": None,
        "feedback": None,
        "feedback_option": None,
        "reason": None,
    }
    subscription.cancellation_details = before | {name: value or None for name, value in details.items()}

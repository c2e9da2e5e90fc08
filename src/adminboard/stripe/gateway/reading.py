"""Objects of the SDK as the board's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar, overload

import stripe

from adminboard.stripe import objects


class HasId(Protocol):
    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=stripe.StripeObject)
T = TypeVar("T", bound=HasId)


def read_page(found: stripe.ListObject[S], read: Callable[[S], T]) -> objects.Page[T]:
    items = tuple(map(read, found.data))
    return objects.Page(items, items[-1].id if found.has_more and items else None)


def read_all(found: stripe.ListObject[S], read: Callable[[S], T]) -> tuple[T, ...]:
    """With all further pages: for lists that are short by their nature."""
    return tuple(map(read, found.auto_paging_iter()))


def read_customer(customer: stripe.Customer) -> objects.Customer:
    if getattr(customer, "deleted", False):
        return objects.Customer(customer.id, None, None, None, is_delinquent=False, is_deleted=True)
    settings = customer.invoice_settings
    return objects.Customer(
        id=customer.id,
        email=customer.email,
        name=customer.name,
        default_payment_method_id=find_id(settings.default_payment_method) if settings else None,
        is_delinquent=bool(customer.delinquent),
        is_deleted=False,
        metadata=metadata_of(customer.metadata),
    )


def read_subscription(subscription: stripe.Subscription) -> objects.Subscription:
    customer, pause = subscription.customer, subscription.pause_collection
    return objects.Subscription(
        id=subscription.id,
        customer_id=id_of(customer),
        customer=read_customer(customer) if isinstance(customer, stripe.Customer) else None,
        status=subscription.status,
        currency=subscription.currency,
        items=tuple(map(_read_item, subscription.items.data)),
        created_at=moment(subscription.created),
        trial_end=moment(subscription.trial_end),
        cancel_at_period_end=subscription.cancel_at_period_end,
        cancel_at=moment(subscription.cancel_at),
        canceled_at=moment(subscription.canceled_at),
        ended_at=moment(subscription.ended_at),
        pause=objects.Pause(pause.behavior, moment(pause.resumes_at)) if pause else None,
        latest_invoice_id=find_id(subscription.latest_invoice),
    )


def _read_item(item: stripe.SubscriptionItem) -> objects.SubscriptionItem:
    return objects.SubscriptionItem(
        id=item.id,
        price_id=item.price.id,
        product_id=id_of(item.price.product),
        quantity=item.quantity or 0,
        period_start=moment(item.current_period_start),
        period_end=moment(item.current_period_end),
    )


def read_invoice(invoice: stripe.Invoice) -> objects.Invoice:
    details = invoice.parent.subscription_details if invoice.parent else None
    transitions = invoice.status_transitions
    return objects.Invoice(
        id=invoice.id,
        number=invoice.number,
        customer_id=find_id(invoice.customer),
        subscription_id=find_id(details.subscription) if details else None,
        status=invoice.status,
        currency=invoice.currency,
        total_cents=invoice.total,
        amount_due_cents=invoice.amount_due,
        amount_paid_cents=invoice.amount_paid,
        attempt_count=invoice.attempt_count,
        next_attempt_at=moment(invoice.next_payment_attempt),
        created_at=moment(invoice.created),
        due_at=moment(invoice.due_date),
        finalized_at=moment(transitions.finalized_at),
        paid_at=moment(transitions.paid_at),
        period_start=moment(invoice.period_start),
        period_end=moment(invoice.period_end),
        hosted_url=invoice.hosted_invoice_url,
        pdf_url=invoice.invoice_pdf,
        lines=tuple(map(_read_line, invoice.lines.data)),
        is_first=invoice.billing_reason == "subscription_create",
        is_sent=invoice.collection_method == "send_invoice",
        has_more_lines=invoice.lines.has_more,
    )


def _read_line(line: stripe.InvoiceLineItem) -> objects.InvoiceLine:
    details = line.parent.subscription_item_details if line.parent else None
    return objects.InvoiceLine(
        description=line.description,
        amount_cents=line.amount,
        quantity=line.quantity,
        is_proration=bool(details and details.proration),
        period_start=moment(line.period.start),
        period_end=moment(line.period.end),
    )


def read_charge(charge: stripe.Charge) -> objects.Charge:
    return objects.Charge(
        id=charge.id,
        customer_id=find_id(charge.customer),
        payment_intent_id=find_id(charge.payment_intent),
        amount_cents=charge.amount,
        refunded_cents=charge.amount_refunded,
        currency=charge.currency,
    )


def read_refund(refund: stripe.Refund) -> objects.Refund:
    return objects.Refund(
        id=refund.id,
        amount_cents=refund.amount,
        currency=refund.currency,
        status=refund.status,
        reason=refund.reason,
        failure_reason=refund.failure_reason,
        charge_id=find_id(refund.charge),
        payment_intent_id=find_id(refund.payment_intent),
        created_at=moment(refund.created),
        metadata=metadata_of(refund.metadata),
    )


def read_payment_method(method: stripe.PaymentMethod) -> objects.PaymentMethod:
    card = method.card if method.type == "card" else None
    details = getattr(method, method.type, None)
    return objects.PaymentMethod(
        id=method.id,
        customer_id=find_id(method.customer),
        type=method.type,
        brand=card.brand if card else None,
        last4=getattr(details, "last4", None),
        exp_month=card.exp_month if card else None,
        exp_year=card.exp_year if card else None,
        created_at=moment(method.created),
    )


@overload
def moment(seconds: int) -> datetime: ...
@overload
def moment(seconds: int | None) -> datetime | None: ...
def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def id_of(thing: str | HasId) -> str:
    """The id of what may have been expanded."""
    return thing if isinstance(thing, str) else thing.id


def find_id(thing: str | HasId | None) -> str | None:
    return None if thing is None else id_of(thing)


def metadata_of(found: stripe.StripeObject | None) -> dict[str, str]:
    return dict(found.to_dict()) if found else {}

"""Collecting what an invoice asks for, and what becomes of a subscription when that fails."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.periods import DAY
from adminboard.stripe.fake.records import (
    Charge,
    Customer,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    PaymentMethod,
    Subscription,
)
from adminboard.stripe.fake.refusals import NO_PAYMENT_METHOD, declined

RETRY_AFTER_DAYS = (3, 5, 7)
"""How long after each failed attempt the next one follows; after the last of them none does."""


def collect(account: Account, invoice: Invoice) -> str | None:
    """Tries to pay an open invoice. Returns the decline code when that failed."""
    if invoice.amount_due == 0:
        _mark_paid(account, invoice)
        return None
    method = find_payment_method(account, invoice)
    decline_code = method.declines_with if method else NO_PAYMENT_METHOD
    payment = _open_payment(account, invoice)
    intent = account.get(PaymentIntent, payment.payment_intent or "")
    invoice.attempt_count += 1
    charge = None
    if method is not None:
        charge = _charge(account, intent, method, decline_code)
    if decline_code is not None:
        _fail(account, invoice, intent, decline_code)
        return decline_code
    assert charge is not None
    with account.changing(intent, "payment_intent.succeeded"):
        intent.status, intent.decline_code, intent.amount_received = "succeeded", None, intent.amount
    payment.status, payment.amount_paid, payment.paid_at = "paid", invoice.amount_due, account.clock.now()
    account.tell("invoice_payment.paid", payment)
    _mark_paid(account, invoice)
    return None


def ask_for(account: Account, subscription: Subscription, invoice: Invoice) -> None:
    """Collects the subscription's latest invoice. Who pays by invoice is only sent it, and has until it is
    due: their subscription is active until then."""
    if subscription.collection_method == "send_invoice" and invoice.amount_due:
        subscription.status = "active" if subscription.status == "incomplete" else subscription.status
    else:
        settle(subscription, collect(account, invoice))


def find_payment_method(account: Account, invoice: Invoice) -> PaymentMethod | None:
    """What the invoice is paid with."""
    return method_for(account, invoice.customer, account.subscriptions.find(invoice.subscription or ""))


def method_for(account: Account, customer: str, subscription: Subscription | None) -> PaymentMethod | None:
    """The subscription's own, else the customer's default."""
    own = subscription.default_payment_method if subscription else None
    return account.payment_methods.find(own or account.get(Customer, customer).default_payment_method or "")


def require_payable(invoice: Invoice, method: PaymentMethod | None) -> None:
    """Raises a `Refusal` when the charge that is coming would be declined, before anything changes."""
    if invoice.amount_due and (method is None or method.declines_with):
        raise declined((method and method.declines_with) or "generic_decline")


def settle(subscription: Subscription, decline_code: str | None) -> None:
    """The subscription's status after an attempt to collect its latest invoice."""
    if decline_code is None:
        if subscription.status in ("incomplete", "past_due", "unpaid"):
            subscription.status = "active"
    elif subscription.status in ("active", "trialing"):
        subscription.status = "past_due"


def _open_payment(account: Account, invoice: Invoice) -> InvoicePayment:
    """The payment that is being tried; made with its intent at the first attempt."""
    for payment in account.invoice_payments.of("invoice", invoice.id):
        if payment.status == "open":
            return payment
    intent = account.add(
        PaymentIntent(amount=invoice.amount_due, currency=invoice.currency, customer=invoice.customer),
        event="payment_intent.created",
    )
    return account.add(
        InvoicePayment(
            invoice=invoice.id,
            currency=invoice.currency,
            amount_requested=invoice.amount_due,
            payment_intent=intent.id,
        )
    )


def _charge(
    account: Account, intent: PaymentIntent, method: PaymentMethod, decline_code: str | None
) -> Charge:
    charge = account.add(
        Charge(
            amount=intent.amount,
            currency=intent.currency,
            customer=intent.customer,
            payment_intent=intent.id,
            payment_method=method.id,
            status="failed" if decline_code else "succeeded",
            decline_code=decline_code,
        ),
        event="charge.failed" if decline_code else "charge.succeeded",
    )
    intent.latest_charge, intent.payment_method = charge.id, method.id
    return charge


def _fail(account: Account, invoice: Invoice, intent: PaymentIntent, decline_code: str) -> None:
    intent.decline_code = decline_code
    needs_action = decline_code == "authentication_required"
    intent.status = "requires_action" if needs_action else "requires_payment_method"
    account.tell(
        "payment_intent.requires_action" if needs_action else "payment_intent.payment_failed", intent
    )
    attempts = invoice.attempt_count
    has_next = attempts <= len(RETRY_AFTER_DAYS) and invoice.billing_reason == "subscription_cycle"
    invoice.next_payment_attempt = (
        account.clock.now() + RETRY_AFTER_DAYS[attempts - 1] * DAY if has_next else None
    )
    account.get(Customer, invoice.customer).delinquent = True
    account.tell("invoice.payment_failed", invoice)
    if needs_action:
        account.tell("invoice.payment_action_required", invoice)


def _mark_paid(account: Account, invoice: Invoice) -> None:
    invoice.status = "paid"
    invoice.amount_paid = invoice.amount_due
    invoice.paid_at = account.clock.now()
    invoice.next_payment_attempt = None
    account.get(Customer, invoice.customer).delinquent = False
    account.tell("invoice.paid", invoice)
    account.tell("invoice.payment_succeeded", invoice)

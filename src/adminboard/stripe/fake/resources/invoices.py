"""Invoices and their previews."""

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.billing.changes import prorate, with_items
from adminboard.stripe.fake.billing.collecting import collect, settle
from adminboard.stripe.fake.billing.invoicing import make_invoice, period_lines
from adminboard.stripe.fake.billing.periods import end_of_period
from adminboard.stripe.fake.listing import Listing
from adminboard.stripe.fake.parameters import Given
from adminboard.stripe.fake.records import Invoice, InvoiceLine, Price, Subscription
from adminboard.stripe.fake.refusals import declined, invalid, missing
from adminboard.stripe.fake.routing import Routes

routes = Routes()

routes.listing(
    "/v1/invoices", "InvoiceListParams", Listing(Invoice, frozenset({"customer", "status", "subscription"}))
)
routes.retrieve("/v1/invoices/{invoice}", "InvoiceRetrieveParams", Invoice)


@routes.post("/v1/invoices/{invoice}/pay", "InvoicePayParams")
def pay_invoice(account: Account, identifier: str, _given: Given) -> Invoice:
    invoice = _get_open(account, identifier, "pay")
    decline_code = pay(account, invoice)
    if decline_code is not None:
        raise declined(decline_code)
    return invoice


@routes.post("/v1/invoices/{invoice}/void", "InvoiceVoidInvoiceParams")
def void_invoice(account: Account, identifier: str, _given: Given) -> Invoice:
    invoice = _get_open(account, identifier, "void")
    invoice.status, invoice.voided_at, invoice.next_payment_attempt = "void", account.clock.now(), None
    account.tell("invoice.voided", invoice)
    return invoice


@routes.post("/v1/invoices/{invoice}/mark_uncollectible", "InvoiceMarkUncollectibleParams")
def mark_uncollectible(account: Account, identifier: str, _given: Given) -> Invoice:
    invoice = _get_open(account, identifier, "mark as uncollectible")
    invoice.status, invoice.marked_uncollectible_at = "uncollectible", account.clock.now()
    invoice.next_payment_attempt = None
    account.tell("invoice.marked_uncollectible", invoice)
    return invoice


@routes.post(
    "/v1/invoices/create_preview",
    "InvoiceCreatePreviewParams",
    "customer subscription subscription_details[items][id] subscription_details[items][price] "
    "subscription_details[items][quantity] subscription_details[proration_behavior] "
    "subscription_details[proration_date]",
)
def create_preview(account: Account, given: Given) -> Invoice:
    """The next invoice: now for prorations invoiced at once, else at the period's end."""
    if "subscription" not in given:
        raise invalid("Missing required param: subscription.", param="subscription", code="parameter_missing")
    subscription = account.get(Subscription, given["subscription"], param="subscription")
    if subscription.is_over:
        raise missing("upcoming invoices for customer", subscription.customer, param="subscription")
    details = given.get("subscription_details", {})
    wanted = details.get("items", [])
    at = details.get("proration_date", account.clock.now())
    behavior = details.get("proration_behavior", "create_prorations")
    prorations = prorate(account, subscription, wanted, at=at) if behavior != "none" else []
    changed = with_items(subscription, wanted)
    regular = [] if behavior == "always_invoice" and prorations else _next_period(account, changed)
    return make_invoice(account, changed, [*prorations, *regular], "upcoming")


def pay(account: Account, invoice: Invoice) -> str | None:
    """Tries to collect it, with what that means for its subscription. Returns the decline code, if any."""
    subscription = account.subscriptions.find(invoice.subscription or "")
    if subscription is None:
        return collect(account, invoice)
    with account.changing(subscription, "customer.subscription.updated"):
        decline_code = collect(account, invoice)
        is_sent = invoice.collection_method == "send_invoice"
        if subscription.latest_invoice == invoice.id and not (is_sent and decline_code):
            settle(subscription, decline_code)
    return decline_code


def _get_open(account: Account, identifier: str, verb: str) -> Invoice:
    invoice = account.get(Invoice, identifier)
    if invoice.status == "paid":
        raise invalid("Invoice is already paid", code="invoice_not_editable")
    if invoice.status not in ("open", "uncollectible"):
        raise invalid(f"You can only {verb} an open invoice.", code="invoice_not_editable")
    return invoice


def _next_period(account: Account, subscription: Subscription) -> list[InvoiceLine]:
    """Lines of the period that follows, of a subscription that is a copy."""
    lines = period_lines(account, subscription)
    for line, item in zip(lines, subscription.items, strict=True):
        price = account.get(Price, item.price)
        line.start = item.current_period_end
        line.end = end_of_period(
            line.start,
            price.interval,
            price.interval_count,
            anchor=subscription.billing_cycle_anchor,
        )
    return lines

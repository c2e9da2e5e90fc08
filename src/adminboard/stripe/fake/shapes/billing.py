"""Subscriptions and invoices."""

from adminboard.stripe.fake import records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.sdk_types import plain_fields
from adminboard.stripe.fake.shapes.shaping import Shape, list_shape, shape, specifics

BILLING_MODE = {"type": "flexible", "flexible": {"proration_discounts": "included"}, "updated_at": None}
INVOICE_HOST = "https://invoice.stripe.example.com"
ISSUER = {"type": "self", "account": None}
LINES_SENT = 10
"""So many lines come with an invoice."""
NO_DETAILS = {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


@specifics.register
def _(discount: records.Discount, _books: Books) -> Shape:
    return {"source": {"type": "coupon", "coupon": discount.coupon}}


@specifics.register
def _(item: records.SubscriptionItem, books: Books) -> Shape:
    price = books.get(records.Price, item.price)
    plan = {
        **plain_fields("plan"),
        "id": price.id,
        "object": "plan",
        "active": price.active,
        "amount": price.unit_amount,
        "amount_decimal": str(price.unit_amount),
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "interval": price.interval,
        "interval_count": price.interval_count,
        "product": price.product,
        "usage_type": "licensed",
    }
    return {"price": shape(price, books), "plan": plan, "tax_rates": []}


@specifics.register
def _(subscription: records.Subscription, books: Books) -> Shape:
    url = f"/v1/subscription_items?subscription={subscription.id}"
    return {
        "billing_mode": BILLING_MODE,
        "cancellation_details": subscription.cancellation_details or NO_DETAILS,
        "invoice_settings": {**plain_fields("subscription", "InvoiceSettings"), "issuer": ISSUER},
        "items": list_shape([shape(item, books) for item in subscription.items], url),
    }


@specifics.register
def _(line: records.InvoiceLine, books: Books) -> Shape:
    price = books.get(records.Price, line.price)
    item = books.subscription_items.find(line.subscription_item)
    return {
        "discountable": not line.proration,
        "period": {"start": line.start, "end": line.end},
        "subtotal": line.amount,
        "subscription": item.subscription if item else None,
        "pricing": {
            "type": "price_details",
            "price_details": {"price": price.id, "product": price.product},
            "unit_amount_decimal": str(price.unit_amount),
        },
        "currency": price.currency,
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": line.proration,
                "proration_details": None,
                "subscription": item.subscription if item else None,
                "subscription_item": line.subscription_item,
            },
        },
    }


@specifics.register
def _(invoice: records.Invoice, books: Books) -> Shape:
    customer = books.customers.find(invoice.customer)
    address = f"{INVOICE_HOST}/i/{invoice.id}" if invoice.finalized_at else None
    return {
        "amount_due": invoice.amount_due,
        "amount_remaining": max(invoice.amount_due - invoice.amount_paid, 0),
        "attempted": invoice.attempt_count > 0,
        "auto_advance": invoice.status in ("draft", "open"),
        "customer_email": customer.email if customer else None,
        "customer_name": customer.name if customer else None,
        "hosted_invoice_url": address,
        "invoice_pdf": f"{address}/pdf" if address else None,
        "issuer": ISSUER,
        "lines": list_shape(
            [shape(line, books) for line in invoice.lines[:LINES_SENT]],
            f"/v1/invoices/{invoice.id}/lines",
            has_more=len(invoice.lines) > LINES_SENT,
        ),
        "parent": invoice.subscription
        and {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": {},
                "subscription": invoice.subscription,
                "subscription_proration_date": None,
            },
        },
        "status_transitions": {
            "finalized_at": invoice.finalized_at,
            "marked_uncollectible_at": invoice.marked_uncollectible_at,
            "paid_at": invoice.paid_at,
            "voided_at": invoice.voided_at,
        },
        "subtotal": sum(line.amount for line in invoice.lines) if invoice.lines else invoice.total,
    }

"""The shape in which a record is answered: all fields that the SDK's class has, filled from its facts."""

from dataclasses import fields
from functools import cache, singledispatch
from typing import Any

from adminboard.stripe.fake import API_VERSION, records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.sdk_types import field_names, plain_fields

Shape = dict[str, Any]
BILLING_MODE = {"type": "flexible", "flexible": {"proration_discounts": "included"}, "updated_at": None}
CARD = {"country": "US", "fingerprint": "standin", "funding": "credit"}
INVOICE_HOST = "https://invoice.stripe.example.com"
ISSUER = {"type": "self", "account": None}
NO_DETAILS = {"comment": None, "feedback": None, "feedback_option": None, "reason": None}


def shape(record: records.Record, books: Books) -> Shape:
    """The object as Stripe gives it, nothing expanded. Do not change it: parts of it are shared."""
    names = _facts_of(type(record))  # type: ignore[arg-type]  # mypy takes the class for one without a hash
    facts = {name: getattr(record, name) for name in names}
    return {**plain_fields(record.KIND), "object": record.KIND, **facts, **_specifics(record, books)}


@cache
def _facts_of(kind: type[records.Record]) -> tuple[str, ...]:
    """What of a kind of record is answered under its own name."""
    names = field_names(kind.KIND)
    return tuple(item.name for item in fields(kind) if item.name in names)


def list_shape(data: list[Shape], url: str, *, has_more: bool = False) -> Shape:
    return {"object": "list", "url": url, "has_more": has_more, "data": data}


@singledispatch
def _specifics(_record: records.Record, _books: Books) -> Shape:
    """What is not a fact of the same name."""
    return {}


@_specifics.register
def _(_product: records.Product, _books: Books) -> Shape:
    return {"type": "service"}


@_specifics.register
def _(feature: records.ProductFeature, _books: Books) -> Shape:
    return {
        "entitlement_feature": {
            **plain_fields("entitlements.feature"),
            "id": f"feat_{feature.lookup_key}",
            "object": "entitlements.feature",
            "active": True,
            "lookup_key": feature.lookup_key,
            "name": feature.name,
        }
    }


@_specifics.register
def _(price: records.Price, _books: Books) -> Shape:
    return {
        "type": "recurring",
        "billing_scheme": "per_unit",
        "tax_behavior": "unspecified",
        "unit_amount_decimal": str(price.unit_amount),
        "recurring": {
            "interval": price.interval,
            "interval_count": price.interval_count,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
    }


@_specifics.register
def _(coupon: records.Coupon, _books: Books) -> Shape:
    return {"percent_off": float(coupon.percent_off) if coupon.percent_off is not None else None}


@_specifics.register
def _(code: records.PromotionCode, _books: Books) -> Shape:
    return {
        "promotion": {"type": "coupon", "coupon": code.coupon},
        "restrictions": {
            "first_time_transaction": False,
            "minimum_amount": None,
            "minimum_amount_currency": None,
        },
    }


@_specifics.register
def _(customer: records.Customer, _books: Books) -> Shape:
    if customer.deleted:
        return {"deleted": True}
    return {
        "balance": 0,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": customer.default_payment_method,
            "footer": None,
            "rendering_options": None,
        },
        "preferred_locales": [],
        "tax_exempt": "none",
    }


@_specifics.register
def _(method: records.PaymentMethod, _books: Books) -> Shape:
    card = {
        **plain_fields("payment_method", "Card"),
        **CARD,
        "brand": method.brand,
        "last4": method.last4,
        "exp_month": method.exp_month,
        "exp_year": method.exp_year,
    }
    return {method.type: card if method.type == "card" else {"last4": method.last4}}


@_specifics.register
def _(discount: records.Discount, _books: Books) -> Shape:
    return {"source": {"type": "coupon", "coupon": discount.coupon}}


@_specifics.register
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


@_specifics.register
def _(subscription: records.Subscription, books: Books) -> Shape:
    url = f"/v1/subscription_items?subscription={subscription.id}"
    return {
        "billing_mode": BILLING_MODE,
        "cancellation_details": subscription.cancellation_details or NO_DETAILS,
        "collection_method": "charge_automatically",
        "invoice_settings": {**plain_fields("subscription", "InvoiceSettings"), "issuer": ISSUER},
        "items": list_shape([shape(item, books) for item in subscription.items], url),
    }


@_specifics.register
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


@_specifics.register
def _(invoice: records.Invoice, books: Books) -> Shape:
    customer = books.customers.find(invoice.customer)
    address = f"{INVOICE_HOST}/i/{invoice.id}" if invoice.finalized_at else None
    return {
        "amount_due": invoice.amount_due,
        "amount_remaining": max(invoice.amount_due - invoice.amount_paid, 0),
        "attempted": invoice.attempt_count > 0,
        "auto_advance": invoice.status in ("draft", "open"),
        "collection_method": "charge_automatically",
        "customer_email": customer.email if customer else None,
        "customer_name": customer.name if customer else None,
        "hosted_invoice_url": address,
        "invoice_pdf": f"{address}/pdf" if address else None,
        "issuer": ISSUER,
        "lines": list_shape(
            [shape(line, books) for line in invoice.lines], f"/v1/invoices/{invoice.id}/lines"
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


@_specifics.register
def _(payment: records.InvoicePayment, _books: Books) -> Shape:
    kind = next(name for name in ("payment_intent", "charge", "payment_record") if getattr(payment, name))
    return {
        "is_default": True,
        "payment": {
            "type": kind,
            "payment_intent": payment.payment_intent,
            "charge": payment.charge,
            "payment_record": payment.payment_record,
        },
        "status_transitions": {"canceled_at": None, "paid_at": payment.paid_at},
    }


@_specifics.register
def _(_intent: records.PaymentIntent, _books: Books) -> Shape:
    return {
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "payment_method_types": ["card"],
    }


@_specifics.register
def _(charge: records.Charge, books: Books) -> Shape:
    customer = books.customers.find(charge.customer or "")
    return {
        "amount_captured": charge.amount_captured,
        "captured": charge.status == "succeeded",
        "paid": charge.status == "succeeded",
        "refunded": 0 < charge.amount_captured == charge.amount_refunded,
        "failure_code": charge.decline_code and "card_declined",
        "billing_details": {
            "address": None,
            "email": customer.email if customer else None,
            "name": customer.name if customer else None,
            "phone": None,
            "tax_id": None,
        },
    }


@_specifics.register
def _(_dispute: records.Dispute, _books: Books) -> Shape:
    details = {**plain_fields("dispute", "EvidenceDetails"), "submission_method": "manual"}
    return {"evidence_details": details, "is_charge_refundable": False}


@_specifics.register
def _(session: records.PortalSession, _books: Books) -> Shape:
    return {"configuration": "bpc_standin", "url": f"https://billing.stripe.example.com/p/{session.id}"}


@_specifics.register
def _(_event: records.Event, _books: Books) -> Shape:
    return {"api_version": API_VERSION}

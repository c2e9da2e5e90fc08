"""Customers, payment methods and portal sessions."""

from adminboard.stripe.fake import records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.sdk_types import plain_fields
from adminboard.stripe.fake.shapes.shaping import Shape, specifics

CARD = {"country": "US", "fingerprint": "standin", "funding": "credit"}
METHOD_PARTS = {
    "card": "Card",
    "link": "Link",
    "sepa_debit": "SepaDebit",
    "us_bank_account": "UsBankAccount",
}
"""The SDK's class of what each type of payment method says of itself."""


@specifics.register
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


@specifics.register
def _(method: records.PaymentMethod, _books: Books) -> Shape:
    details = dict(plain_fields("payment_method", METHOD_PARTS[method.type]))
    if "last4" in details:
        details["last4"] = method.last4
    if method.type == "card":
        details |= {
            **CARD,
            "brand": method.brand,
            "exp_month": method.exp_month,
            "exp_year": method.exp_year,
        }
    return {method.type: details}


@specifics.register
def _(session: records.PortalSession, _books: Books) -> Shape:
    return {"configuration": "bpc_standin", "url": f"https://billing.stripe.example.com/p/{session.id}"}

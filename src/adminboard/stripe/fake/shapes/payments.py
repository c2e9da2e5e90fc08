"""Payments, disputes and events."""

from adminboard.stripe.fake import API_VERSION, records
from adminboard.stripe.fake.books import Books
from adminboard.stripe.fake.refusals import NO_PAYMENT_METHOD, say_decline
from adminboard.stripe.fake.sdk_types import plain_fields
from adminboard.stripe.fake.shapes.shaping import Shape, specifics


@specifics.register
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


@specifics.register
def _(intent: records.PaymentIntent, _books: Books) -> Shape:
    return {
        "last_payment_error": _payment_error(intent),
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "payment_method_types": ["card"],
    }


def _payment_error(intent: records.PaymentIntent) -> Shape | None:
    """Why it was not paid, until it is."""
    if intent.decline_code is None or intent.decline_code == NO_PAYMENT_METHOD:
        return None
    code, message = say_decline(intent.decline_code)
    return {
        **plain_fields("payment_intent", "LastPaymentError"),
        "type": "card_error",
        "code": code,
        "decline_code": intent.decline_code,
        "message": message,
        "charge": intent.latest_charge,
    }


@specifics.register
def _(charge: records.Charge, books: Books) -> Shape:
    customer = books.customers.find(charge.customer or "")
    return {
        "amount_captured": charge.amount_captured,
        "captured": charge.status == "succeeded",
        "paid": charge.status == "succeeded",
        "refunded": 0 < charge.amount_captured == charge.amount_refunded,
        **_failure(charge),
        "billing_details": {
            "address": None,
            "email": customer.email if customer else None,
            "name": customer.name if customer else None,
            "phone": None,
            "tax_id": None,
        },
    }


def _failure(charge: records.Charge) -> Shape:
    if charge.decline_code is None:
        return {}
    code, message = say_decline(charge.decline_code)
    outcome = {
        **plain_fields("charge", "Outcome"),
        "type": "issuer_declined",
        "network_status": "declined_by_network",
        "reason": charge.decline_code,
        "seller_message": "The bank did not approve this payment.",
    }
    return {"failure_code": code, "failure_message": message, "outcome": outcome}


@specifics.register
def _(dispute: records.Dispute, _books: Books) -> Shape:
    details = {**plain_fields("dispute", "EvidenceDetails"), "submission_method": "manual"}
    return {"evidence_details": details, "is_charge_refundable": dispute.is_inquiry}


@specifics.register
def _(_event: records.Event, _books: Books) -> Shape:
    return {"api_version": API_VERSION}

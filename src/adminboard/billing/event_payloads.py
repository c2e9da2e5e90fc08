"""What Stripe sent with a billing event, spelled as the indexes over it are."""

from sqlalchemy import ColumnElement, Text, literal_column

from adminboard.billing.event_models import BillingEvent


def object_id() -> ColumnElement[str]:
    """The id of the object that was sent: `ix_billing_events_object_id` is over this very expression."""
    return _in_payload("{data,object,id}")


def payment_intent_id() -> ColumnElement[str]:
    """The payment intent of the object that was sent: `ix_billing_events_payment_intent` is over this."""
    return _in_payload("{data,object,payment_intent}")


def _in_payload(path: str) -> ColumnElement[str]:
    return BillingEvent.raw_payload.op("#>>", return_type=Text())(literal_column(f"'{path}'"))

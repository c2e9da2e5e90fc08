"""How Stripe's ids begin, by what they are of: that tells one from a name that happens to be written so."""

import re

CUSTOMER_ID = ("cus_",)
SUBSCRIPTION_ID = ("sub_",)
ITEM_ID = ("si_",)
INVOICE_ID = ("in_",)
PAYMENT_METHOD_ID = ("pm_", "card_", "src_", "ba_")
REFUND_ID = ("re_", "pyr_")
CHARGE_ID = ("ch_", "py_")
EVENT_ID = ("evt_",)
OTHER_OBJECT_ID = ("pi_", "prod_", "price_", "promo_", "seti_", "cs_", "txn_")
"""Of what the board keeps no rows of, and finds by the events about it."""

ALL_BEGINNINGS = (
    *CUSTOMER_ID,
    *SUBSCRIPTION_ID,
    *ITEM_ID,
    *INVOICE_ID,
    *PAYMENT_METHOD_ID,
    *REFUND_ID,
    *CHARGE_ID,
    *EVENT_ID,
    *OTHER_OBJECT_ID,
)
_REST = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_]{8,}")


def is_stripe_id(term: str) -> bool:
    """Whether this is a whole id of Stripe's, of a kind that the board knows: "cus_NffrFeUfNV2Hib"."""
    beginning, line, rest = term.partition("_")
    return beginning + line in ALL_BEGINNINGS and _REST.fullmatch(rest) is not None

"""What Stripe answers when it does not do what was asked, in its own words and shape."""

from typing import Any


class Refusal(Exception):
    """An error as Stripe answers it: its status, and the object ``error`` of the body."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", **details: str | None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message} | {
            name: value for name, value in details.items() if value is not None
        }

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """Something about the request is wrong."""
    return Refusal(400, message, param=param, code=code)


def missing(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> Refusal:
    """There is no such object."""
    words = kind.replace("_", " ").replace(".", " ")
    return Refusal(status, f"No such {words}: '{identifier}'", param=param, code="resource_missing")


def declined(decline_code: str, *, charge: str | None = None) -> Refusal:
    """The bank said no."""
    code, message = say_decline(decline_code)
    return Refusal(402, message, "card_error", code=code, decline_code=decline_code, charge=charge)


def say_decline(decline_code: str) -> tuple[str, str]:
    """Stripe's own code for it, and its words for the customer."""
    code = decline_code if decline_code in OWN_CODES else "card_declined"
    return code, DECLINES.get(decline_code, "Your card was declined.")


def not_in_stand_in(what: str) -> Refusal:
    """Stripe would do this, the stand-in cannot: better said than left out in silence."""
    return Refusal(400, f"The stand-in does not know {what}.", code="stand_in_unsupported")


DECLINES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
"""Each decline code the stand-in uses, with Stripe's message."""
NO_PAYMENT_METHOD = "no_payment_method"
"""Nobody was asked, so nobody declined anything: a reason of the stand-in's own, which no object carries."""
OWN_CODES = {"expired_card", "incorrect_cvc", "processing_error"}
"""Those that are the error's code as well."""

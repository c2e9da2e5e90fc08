"""What can come of asking Stripe, in the board's words.

Whoever has asked for a change must know one thing: has it happened? `UnknownOutcome` says that nobody knows;
all others say that it has not. They are what `core.operations` decides by.
"""

from __future__ import annotations

from typing import ClassVar

from adminboard.core import operations
from adminboard.core.errors import InvalidInput, TooFast, Unavailable


class Declined(operations.Refused):
    """The customer's bank refused the payment."""

    title = "The payment was declined"

    def __init__(self, detail: str, *, decline_code: str | None) -> None:
        super().__init__(detail)
        self.decline_code = decline_code


class Refused(operations.Refused):
    """Stripe will not do this, as things stand or at all. ``stripe_code`` is its own name of the reason."""

    title = "Stripe refused this"

    def __init__(self, detail: str, *, stripe_code: str | None = None, param: str | None = None) -> None:
        super().__init__(detail)
        self.stripe_code = stripe_code
        self.param = param


class NotInStripe(Refused):
    """Stripe has no object of this id."""

    title = "Stripe does not know this"


class UnknownOutcome(operations.OutcomeUnknown):
    """Stripe may have done what was asked. Ask again with the same key, or look; never with another key."""

    status: ClassVar[int] = 504
    title = "It is not known yet whether Stripe did this"


class KeyReused(UnknownOutcome):
    """The idempotency key belongs to another request. What became of that one has to be looked up."""

    title = "The key of this request was used before"


class RateLimited(TooFast):
    """Too many calls to Stripe at once, by Stripe's count or by the board's own."""

    title = "Too many calls to Stripe at once"


class StripeUnavailable(Unavailable):
    """Stripe does not answer, or cannot at the moment. Nothing was changed."""

    title = "Stripe is not available"


class KeyNotAccepted(StripeUnavailable):
    """Stripe does not let the board's key do this: a matter for whoever runs the board."""

    title = "Stripe does not accept the board's key"


class BadSignature(InvalidInput):
    """A webhook that Stripe did not sign, or too long ago."""

    status: ClassVar[int] = 400
    title = "The signature is not Stripe's"

"""Stripe's errors in the board's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

import stripe

from adminboard.core.errors import DomainError
from adminboard.stripe.errors import (
    Declined,
    KeyNotAccepted,
    KeyReused,
    NotInStripe,
    RateLimited,
    Refused,
    StripeUnavailable,
    UnknownOutcome,
)
from adminboard.stripe.gateway.transport import NotReached, retry_after

IN_PROGRESS = "idempotency_key_in_use"


@contextmanager
def reading() -> Iterator[None]:
    """Around calls that change nothing. Raises a `DomainError` for every error of the SDK."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error, is_change=False) from error


@contextmanager
def changing() -> Iterator[None]:
    """Around a call that changes something: what may have happened anyway is an `UnknownOutcome`."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error, is_change=True) from error


def _translate(error: stripe.StripeError, *, is_change: bool) -> DomainError:
    words = (error.user_message or "no reason given").rstrip(".")
    match error:
        case stripe.CardError():
            return Declined(
                f"The payment was declined: {words}. Nothing was changed.",
                decline_code=error.error.decline_code if error.error else None,
            )
        case stripe.RateLimitError():
            return RateLimited(
                "Stripe was asked too much at once, so nothing was done. Try again in a moment.",
                retry_after_seconds=ceil(retry_after(error.headers or {}, otherwise=1)) or 1,
            )
        case stripe.IdempotencyError():
            return KeyReused(f"Stripe keeps another request under this key: {words}.")
        case stripe.InvalidRequestError():
            return _refusal(error, words)
        case stripe.AuthenticationError() | stripe.PermissionError():
            return KeyNotAccepted(
                "Stripe does not let the board do this: the key in STRIPE_API_KEY is wrong or may not do it."
            )
    return _trouble(error, is_change=is_change)


def _refusal(error: stripe.InvalidRequestError, words: str) -> Refused:
    if error.code == "resource_missing" and error.http_status == 404:
        return NotInStripe(f"Stripe answers: {words}.", stripe_code=error.code, param=error.param)
    return Refused(f"Stripe refused this: {words}.", stripe_code=error.code, param=error.param)


def _trouble(error: stripe.StripeError, *, is_change: bool) -> DomainError:
    """No answer, or one that says nothing about what was asked."""
    is_locked = error.http_status == 409 and (error.error is None or error.error.code != IN_PROGRESS)
    if not is_change or is_locked or isinstance(error, NotReached):
        return StripeUnavailable(
            "Stripe does not answer at the moment, so nothing was changed. Try again in a little while."
        )
    return UnknownOutcome(
        "Stripe did not say whether it has done this. The board asks until it knows, always under the same "
        "key, so it is done once at most. Do not make the change a second time."
    )

"""The way to Stripe for the changes of billing, which say so in a sentence where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adminboard.core.errors import Unavailable
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError

if TYPE_CHECKING:
    from adminboard.stripe.gateway import StripeGateway

ASK_AGAIN_AFTER_SECONDS = 3_600


class NoStripeAccount(Unavailable):
    """The environment names no Stripe account."""

    title = "Stripe is not set up"


def stripe_of(runtime: Runtime) -> StripeGateway:
    """Stripe, to be asked outside of any transaction. Raises `NoStripeAccount`."""
    try:
        return runtime.stripe
    except SettingsError as error:
        raise NoStripeAccount(
            f"The board has no access to Stripe, so nothing was changed. {error}",
            retry_after_seconds=ASK_AGAIN_AFTER_SECONDS,
        ) from error

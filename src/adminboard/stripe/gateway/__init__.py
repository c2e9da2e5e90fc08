"""The one door to Stripe: the only part of the board that imports its SDK.

Methods speak the board's words, take an idempotency key wherever something changes, return frozen objects
(`stripe.objects`) and raise the board's errors (`stripe.errors`). They must not be called inside a
transaction: a call takes as long as Stripe takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import stripe

from adminboard.settings import StripeAccess
from adminboard.stripe.gateway.catalogue import Catalogue
from adminboard.stripe.gateway.charges import Charges
from adminboard.stripe.gateway.customers import Customers
from adminboard.stripe.gateway.events import Events
from adminboard.stripe.gateway.invoices import Invoices
from adminboard.stripe.gateway.refunds import Refunds
from adminboard.stripe.gateway.subscriptions import PauseBehavior, Proration, Subscriptions
from adminboard.stripe.gateway.transport import Patience, Transport
from adminboard.stripe.limiter import Limiter
from adminboard.stripe.version import PINNED_VERSION

__all__ = ["PINNED_VERSION", "Patience", "PauseBehavior", "Proration", "StripeGateway"]


class StripeGateway:
    """Stripe, by what the board has to do with it. One for each process; its threads may share it."""

    def __init__(
        self,
        access: StripeAccess,
        *,
        limiter: Limiter | None = None,
        patience: Patience | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        transport = Transport(
            limiter or Limiter(access.calls_per_second), patience or Patience(), pause=pause
        )
        client = stripe.StripeClient(
            access.api_key.get_secret_value(),
            stripe_version=PINNED_VERSION,
            base_addresses={"api": access.api_base} if access.api_base else None,
            max_network_retries=0,
            http_client=transport,
        )
        self.catalogue = Catalogue(client)
        self.charges = Charges(client)
        self.customers = Customers(client)
        self.events = Events(client, access.webhook_secrets)
        self.invoices = Invoices(client)
        self.refunds = Refunds(client)
        self.subscriptions = Subscriptions(client)

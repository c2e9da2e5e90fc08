"""Charges: what was taken from a card, and what was given back of it."""

from __future__ import annotations

import stripe

from adminboard.stripe.gateway.reading import read_charge
from adminboard.stripe.gateway.translating import reading
from adminboard.stripe.objects import Charge


class Charges:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._charges = client.v1.charges

    def get(self, charge_id: str) -> Charge:
        """Raises `NotInStripe`."""
        with reading():
            return read_charge(self._charges.retrieve(charge_id))

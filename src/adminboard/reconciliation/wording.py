"""What a repair does about each difference, and why some are left to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adminboard.reconciliation.models import DiscrepancyKind

_REPAIRS: Mapping[DiscrepancyKind, str] = {
    DiscrepancyKind.MISSING_HERE: "A repair adds it here, as Stripe has it.",
    DiscrepancyKind.MISSING_IN_STRIPE: "A repair asks Stripe once more. If it is not there, it ends here.",
    DiscrepancyKind.UNKNOWN_STATUS: "The board does not know this status: a repair shows it as unpaid.",
    DiscrepancyKind.CUSTOMER: "A repair gives it to the customer that Stripe names.",
}
_WRITES = "A repair writes Stripe's value here."


def say_repair(kind: DiscrepancyKind) -> str:
    """What a repair does about a difference of this kind."""
    return _REPAIRS.get(kind, _WRITES)


def say_left(kind: DiscrepancyKind, subscription: str | None, there: Any) -> str:
    """Why a difference is not repaired, and what to do about it instead."""
    sentences = {
        DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS: "Several subscriptions are live in Stripe: cancel all "
        "but one of them there. Until then nothing is repaired.",
        DiscrepancyKind.UNKNOWN_PRICE: f"No plan has the price {there}: sync the plans first.",
        DiscrepancyKind.ERROR: f"{subscription} cannot be compared: {there}",
        DiscrepancyKind.CUSTOMER: f"Nobody here is the Stripe customer {there}.",
    }
    return sentences.get(kind, f"The {kind.value.replace('_', ' ')} of {subscription} stays.")

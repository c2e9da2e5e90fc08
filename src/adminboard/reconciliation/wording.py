"""What differences are called, what a repair does about each, and why some are left to people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adminboard.billing.mirror.subscriptions import UNKNOWN_STATUS_IS
from adminboard.core.said_moments import say_moment
from adminboard.reconciliation.models import DiscrepancyKind

KIND_WORDS: Mapping[DiscrepancyKind, str] = {
    DiscrepancyKind.MISSING_HERE: "not here",
    DiscrepancyKind.MISSING_IN_STRIPE: "not in Stripe",
    DiscrepancyKind.STATUS: "status",
    DiscrepancyKind.QUANTITY: "seats",
    DiscrepancyKind.PLAN: "plan",
    DiscrepancyKind.PERIOD: "period",
    DiscrepancyKind.CANCEL_AT_PERIOD_END: "set to cancel",
    DiscrepancyKind.PAUSE: "pause of collection",
    DiscrepancyKind.CUSTOMER: "customer",
    DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS: "several live subscriptions",
    DiscrepancyKind.UNKNOWN_PRICE: "price without a plan",
    DiscrepancyKind.UNKNOWN_STATUS: "unknown status",
    DiscrepancyKind.ERROR: "cannot be compared",
}

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


def _say_written(text: str | None) -> str:
    """A moment as JSON has it, in words."""
    if text is None:
        return "?"
    return say_moment(datetime.fromisoformat(text))


def say_pause(value: Mapping[str, Any]) -> str:
    if value["invoices"] is None:
        return "collecting"
    until = f" until {_say_written(value['resumes_at'])}" if value["resumes_at"] else ""
    return f"paused{until}, invoices: {value['invoices'].replace('_', ' ')}"


def say_end(value: Mapping[str, Any]) -> str:
    """When a subscription that is set to cancel does."""
    return f"on {_say_written(value['ends_at'])}"


def say_sides(kind: DiscrepancyKind, here: Any, there: Any) -> tuple[Any, Any]:
    """What a repair changes, and what it makes of it, in words."""
    after = UNKNOWN_STATUS_IS.value if kind is DiscrepancyKind.UNKNOWN_STATUS else there
    return _in_words(here), _in_words(after)


def _in_words(value: Any) -> Any:
    if isinstance(value, Mapping) and "invoices" in value:
        return say_pause(value)
    if isinstance(value, Mapping) and "ends_at" in value:
        return say_end(value)
    if isinstance(value, Mapping):
        return " – ".join(_say_written(value.get(end)) for end in ("start", "end"))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value

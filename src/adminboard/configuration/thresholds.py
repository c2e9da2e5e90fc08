"""The thresholds of Settings: what each is called, what it takes, and how it is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

from adminboard.core.money import in_dollars, to_credits
from adminboard.core.thresholds import Threshold


@dataclass(frozen=True, slots=True)
class ThresholdKind:
    """One threshold. ``read`` makes the stored value of typed text or raises `ValueError` with a sentence."""

    label: str
    meaning: str
    read: Callable[[str], Any]
    show: Callable[[Any], str]


def amount(most: str) -> Callable[[str], str]:
    """Reads an amount from 0 to ``most``; kept as text, like every amount."""

    def read(text: str) -> str:
        value = to_credits(text.strip().removeprefix("$"))
        if not Decimal(0) <= value <= Decimal(most):
            raise ValueError(f"Enter an amount from 0 to {in_dollars(Decimal(most))}.")
        return f"{value:.2f}"

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number within the limits."""

    def read(text: str) -> int:
        digits = text.strip()
        if not digits.isascii() or not digits.isdigit() or not least <= int(digits[:9]) <= most:
            raise ValueError(f"Enter a whole number from {least} to {most}.")
        return int(digits)

    return read


def hours(text: str) -> str:
    """Reads hours from a quarter to 24, kept as text: 8, 0.5."""
    try:
        value = Decimal(text.strip()).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError("Enter hours like 8 or 0.5.") from None
    if not value.is_finite() or not Decimal("0.25") <= value <= Decimal(24):
        raise ValueError("Enter hours from 0.25 to 24.")
    return f"{value.normalize():f}"


def time_zone(text: str) -> str:
    """Reads the name of a time zone."""
    if text.strip() not in available_timezones():
        raise ValueError("This is not the name of a time zone like America/Los_Angeles.")
    return text.strip()


def yes_or_no(text: str) -> bool:
    """Reads yes or no."""
    words = {"yes": True, "true": True, "no": False, "false": False}
    if text.strip().lower() not in words:
        raise ValueError("Enter yes or no.")
    return words[text.strip().lower()]


def show_amount(value: Any) -> str:
    return in_dollars(to_credits(str(value)))


def show_hours(value: Any) -> str:
    number = Decimal(str(value)).normalize()
    return "1 hour" if number == 1 else f"{number:f} hours"


KINDS: dict[Threshold, ThresholdKind] = {
    Threshold.APPROVAL_CREDITS: ThresholdKind(
        "Credits without approval",
        "Adjustments above this need a second person.",
        amount("10000.00"),
        show_amount,
    ),
    Threshold.APPROVAL_REFUND: ThresholdKind(
        "Refund without approval",
        "Refunds above this need a second person.",
        amount("100000.00"),
        show_amount,
    ),
    Threshold.APPROVAL_CRITICAL_FEATURES: ThresholdKind(
        "Approval for critical features",
        "Whether overrides of critical features need a second person.",
        yes_or_no,
        lambda value: "yes" if value else "no",
    ),
    Threshold.APPROVAL_SUBSCRIPTION_CHANGES: ThresholdKind(
        "Approval for subscriptions",
        "Whether changes of seats, cancellations, reactivations and pauses need a second person.",
        yes_or_no,
        lambda value: "yes" if value else "no",
    ),
    Threshold.SUPPORT_REFUND_LIMIT: ThresholdKind(
        "Refund by support",
        "Support may refund up to this; billing may refund more.",
        amount("10000.00"),
        show_amount,
    ),
    Threshold.GRACE_PERIOD_DAYS: ThresholdKind(
        "Grace period",
        "How long a customer keeps access after a failed payment.",
        whole(1, 90),
        lambda days: f"{days} {'day' if days == 1 else 'days'}",
    ),
    Threshold.SUSPEND_WHEN_GRACE_ENDS: ThresholdKind(
        "Suspend when the grace period ends",
        "Whether customers who have still not paid are suspended then.",
        yes_or_no,
        lambda value: "yes" if value else "no",
    ),
    Threshold.AUTO_FIX: ThresholdKind(
        "Repair from Stripe by itself",
        "Whether the hourly comparison with Stripe repairs what differs, up to 50 subscriptions at once.",
        yes_or_no,
        lambda value: "yes" if value else "no",
    ),
    Threshold.DEFAULT_TIMEZONE: ThresholdKind(
        "Time zone",
        "For people who have not chosen their own, and for the days on the dashboard.",
        time_zone,
        str,
    ),
    Threshold.SESSION_TIMEOUT_HOURS: ThresholdKind(
        "Longest session",
        "A login ends after this, however busy. Holds for open sessions too.",
        hours,
        show_hours,
    ),
    Threshold.SESSION_IDLE_HOURS: ThresholdKind(
        "Longest idle time",
        "A login that is not used for this long ends. Holds for open sessions too.",
        hours,
        show_hours,
    ),
}
"""Every threshold, in the order in which Settings shows them."""

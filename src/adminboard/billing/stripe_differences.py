"""What the last comparison with Stripe found to differ, in words: for pages of whoever it is about, which
show what is here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.billing.mirror.subscriptions import UNKNOWN_STATUS_IS
from adminboard.billing.models import Subscription
from adminboard.core.said_moments import say_moment
from adminboard.reconciliation.models import Discrepancy, DiscrepancyKind, DiscrepancyStatus

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
FOR_PEOPLE = (
    DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS,
    DiscrepancyKind.UNKNOWN_PRICE,
    DiscrepancyKind.ERROR,
)
"""What no repair can settle: it needs a decision in Stripe, or a plan."""
MOST_SAID = 5
"""Differences of one customer; Reconciliation lists all."""

_WITHOUT_SIDES = (DiscrepancyKind.SEVERAL_LIVE_SUBSCRIPTIONS, DiscrepancyKind.ERROR)
_STATUSES = (DiscrepancyKind.STATUS, DiscrepancyKind.UNKNOWN_STATUS)


@dataclass(frozen=True, slots=True)
class StripeDifference:
    """One thing of a customer that Stripe shows otherwise; ``words`` has both sides."""

    kind: DiscrepancyKind
    words: str
    found_at: datetime
    """By the last comparison that saw it."""

    @property
    def can_be_repaired(self) -> bool:
        """Whether following Stripe can mend it, rather than a decision of people."""
        return self.kind not in FOR_PEOPLE


def open_differences(payer: InstrumentedAttribute[UUID]) -> ScalarSelect[Any]:
    """The first open differences of whoever's id ``payer`` is, as `read_differences` takes them: by index,
    within the statement that asks for them. One whose subscription has been written since is left out: the
    comparison knows nothing of what is here now."""
    written_since = (
        select(Subscription.id)
        .where(
            Subscription.stripe_subscription_id == Discrepancy.stripe_subscription_id,
            Subscription.updated_at > Discrepancy.checked_at,
        )
        .correlate(Discrepancy)
        .exists()
    )
    first = (
        select(Discrepancy.kind, Discrepancy.local_value, Discrepancy.stripe_value, Discrepancy.checked_at)
        .where(
            Discrepancy.organization_id == payer,
            Discrepancy.status == DiscrepancyStatus.OPEN,
            ~written_since,
        )
        .correlate(payer.class_)
        .order_by(Discrepancy.checked_at.desc(), Discrepancy.id)
        .limit(MOST_SAID)
        .subquery()
    )
    row = (first.c.kind, first.c.local_value, first.c.stripe_value, first.c.checked_at)
    return select(func.jsonb_agg(func.jsonb_build_array(*row))).select_from(first).scalar_subquery()


def read_differences(rows: Iterable[tuple[str, Any, Any, str]] | None) -> tuple[StripeDifference, ...]:
    """What `open_differences` selected, in words."""
    return tuple(
        StripeDifference(
            DiscrepancyKind(kind),
            say_difference(DiscrepancyKind(kind), here, there),
            datetime.fromisoformat(checked_at),
        )
        for kind, here, there, checked_at in rows or ()
    )


def say_difference(kind: DiscrepancyKind, here: Any, there: Any) -> str:
    """Both sides, Stripe's first: "set to cancel yes, here no"."""
    words = KIND_WORDS[kind]
    if kind is DiscrepancyKind.ERROR:
        return f"it {words}: {there}" if there else f"it {words}"
    if kind in _WITHOUT_SIDES:
        return words
    if kind is DiscrepancyKind.MISSING_HERE:
        return f"a subscription that is {_say_side(kind, there)} there and not here"
    if kind is DiscrepancyKind.MISSING_IN_STRIPE:
        return f"no such subscription, here {_say_side(kind, here)}"
    return f"{words} {_say_side(kind, there)}, here {_say_side(kind, here)}"


def say_sides(kind: DiscrepancyKind, here: Any, there: Any) -> tuple[Any, Any]:
    """What a repair changes, and what it makes of it, in words."""
    after = UNKNOWN_STATUS_IS.value if kind is DiscrepancyKind.UNKNOWN_STATUS else there
    return _in_words(here), _in_words(after)


def say_pause(value: Mapping[str, Any]) -> str:
    if value["invoices"] is None:
        return "collecting"
    until = f" until {_say_written(value['resumes_at'])}" if value["resumes_at"] else ""
    return f"paused{until}, invoices: {value['invoices'].replace('_', ' ')}"


def say_end(value: Mapping[str, Any]) -> str:
    """When a subscription that is set to cancel does."""
    return f"on {_say_written(value['ends_at'])}"


def _say_side(kind: DiscrepancyKind, value: Any) -> str:
    words = "none" if value is None else str(_in_words(value))
    is_status = kind in (*_STATUSES, DiscrepancyKind.MISSING_HERE, DiscrepancyKind.MISSING_IN_STRIPE)
    return words.replace("_", " ") if is_status else words


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


def _say_written(text: str | None) -> str:
    """A moment as JSON has it, in words."""
    if text is None:
        return "?"
    return say_moment(datetime.fromisoformat(text))

"""When customers are given time to pay, worked out from their invoices alone.

A failed payment opens a grace period and further failures do not extend it; a paid invoice closes it as
recovered (domain: "Billing rules"). What is worked out here depends on when things happened, not on when the
board heard of them, so events may come in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Failure:
    """The first attempt to collect an invoice that failed. Subscriptions go by Stripe's ids."""

    invoice_id: UUID
    subscription_id: str | None
    failed_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """An invoice that was paid."""

    invoice_id: UUID
    subscription_id: str | None
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A period whose end staff have set, or that staff have opened: payments end it and do nothing else."""

    invoice_id: UUID | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A period there must be. ``recovered_at`` is None while nothing was paid in it."""

    invoice_id: UUID
    starts_at: datetime
    ends_at: datetime
    recovered_at: datetime | None

    @property
    def over_at(self) -> datetime:
        return self.recovered_at or self.ends_at


def due_periods(
    failures: Iterable[Failure],
    payments: Sequence[Payment],
    held: Sequence[Held],
    how_long: Callable[[UUID], timedelta],
) -> list[Due]:
    """The periods that failed payments open, in order; none overlaps another or one that staff hold.

    ``how_long`` a period lasts is asked by the invoice that opens it.
    """
    due: list[Due] = []
    for failure in sorted(failures, key=lambda item: (item.failed_at, item.invoice_id)):
        ends_at = failure.failed_at + how_long(failure.invoice_id)
        is_covered = bool(due) and failure.failed_at < due[-1].over_at
        if is_covered or any(_is_held(failure, ends_at, period) for period in held):
            continue
        recovered_at = find_recovery(
            payments, failure.invoice_id, failure.subscription_id, failure.failed_at, ends_at
        )
        due.append(Due(failure.invoice_id, failure.failed_at, ends_at, recovered_at))
    return due


def find_recovery(
    payments: Iterable[Payment],
    invoice_id: UUID | None,
    subscription_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
) -> datetime | None:
    """When the first payment closed a period: of the invoice that opened it, or of a later one of the same
    subscription; of any, where staff opened it. What was paid in the very second of a failure counts only
    for that invoice itself."""
    return min(
        (
            payment.paid_at
            for payment in payments
            if starts_at <= payment.paid_at < ends_at
            and (
                payment.invoice_id == invoice_id
                or (
                    payment.paid_at > starts_at
                    and (
                        invoice_id is None
                        or (subscription_id is not None and payment.subscription_id == subscription_id)
                    )
                )
            )
        ),
        default=None,
    )


def _is_held(failure: Failure, ends_at: datetime, period: Held) -> bool:
    overlaps = failure.failed_at < period.ends_at and period.starts_at < ends_at
    return overlaps or period.invoice_id == failure.invoice_id

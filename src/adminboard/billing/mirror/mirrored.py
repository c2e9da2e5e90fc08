"""What every mirror of a Stripe object shares: which of two states is the newer, and what came of it.

Stripe tells the moment of an event in whole seconds, so two states of one object can bear the same moment.
The column `stripe_state_at` therefore counts within its second: whoever settles a tie by looking writes one
microsecond more than the row showed (docs/adr/0011).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from adminboard.billing.models import Invoice, PaymentMethod, Refund, Subscription
from adminboard.core.errors import DomainError
from adminboard.core.work import Work
from adminboard.customers.models import Organization

Word = TypeVar("Word", bound=StrEnum)
_BEFORE_STRIPE = datetime(2000, 1, 1, tzinfo=UTC)
_ONE_LOOK = timedelta(microseconds=1)


class NeedsFetching(DomainError):
    """What was given does not tell which state is the newer, or not enough: the object has to be read from
    Stripe as it is now, outside of any transaction, and given again with the moment ``state_at``.

    Nothing was written. It can be raised again, when the row was changed while Stripe was asked.
    """

    title = "Stripe has to be asked first"

    def __init__(self, state_at: datetime) -> None:
        super().__init__(
            "What Stripe sent is not enough to tell how things stand now: it has to be read again."
        )
        self.state_at = state_at


class WordUnknown(DomainError):
    """Stripe uses a word that the board does not know."""

    title = "Stripe uses a new word"


class CustomerUnknown(DomainError):
    """No organization has this Stripe customer."""

    title = "No customer of ours"

    def __init__(self, customer_id: str | None) -> None:
        named = f"the Stripe customer {customer_id}" if customer_id else "a Stripe customer of its own"
        super().__init__(f"No organization has {named}.")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What became of one row. ``before`` and ``after`` hold the shown fields that differ, by their columns'
    names; ``before`` is empty for a new row. Both are empty when nothing was changed."""

    record_id: UUID
    organization_id: UUID | None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.before != self.after


Shown = Organization | Subscription | Invoice | PaymentMethod | Refund
"""A row that shows an object of Stripe's."""


def just_after(shown: datetime | None) -> datetime:
    """The moment of what Stripe answers to somebody who saw, *before asking*, a row with this
    ``stripe_state_at``: newer than what the row showed then, older than any event of a later second.

    So if the row was brought further meanwhile, the answer changes nothing, or needs fetching.
    """
    return (shown or _BEFORE_STRIPE) + _ONE_LOOK


def is_outdated(shown: datetime | None, state_at: datetime) -> bool:
    """Whether a state of this moment is surely older than what a row shows."""
    return shown is not None and _second(state_at) < _second(shown)


def is_newer(shown: datetime | None, state_at: datetime) -> bool:
    """Whether a state of this moment is surely newer than what a row shows."""
    return shown is None or state_at > shown


def write_state(work: Work, row: Shown, values: Mapping[str, Any], state_at: datetime) -> Mirrored:  # noqa: ARG001 - it writes
    """Brings a row, which the caller holds locked, to these values unless it shows something newer.

    The same moment with the same values changes nothing; with other values it raises `NeedsFetching`. What
    is changed is sent with whatever else the work changes by then: rows of many events by one statement.
    """
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    shown = row.stripe_state_at
    if is_outdated(shown, state_at):
        return unchanged(row)
    if not is_newer(shown, state_at):
        if differing:
            raise NeedsFetching(just_after(shown))
        return unchanged(row)
    before = {name: getattr(row, name) for name in differing}
    for name, value in differing.items():
        setattr(row, name, value)
    row.stripe_state_at = state_at
    return Mirrored(row.id, payer_of(row), before, differing)


def unchanged(row: Shown) -> Mirrored:
    return Mirrored(row.id, payer_of(row))


def payer_of(row: Shown) -> UUID:
    return row.id if isinstance(row, Organization) else row.organization_id


def find_word(words: type[Word], word: str | None) -> Word | None:
    """Stripe's word as ours; None for one that the board does not know."""
    return next((known for known in words if known.value == word), None)


def read_word(words: type[Word], word: str | None, what: str) -> Word:
    """Stripe's word as ours. Raises `WordUnknown`."""
    known = find_word(words, word)
    if known is None:
        raise WordUnknown(f"Stripe calls {what} {word!r}, which the board does not know.")
    return known


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)

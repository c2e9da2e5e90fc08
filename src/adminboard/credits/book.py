"""One user's credits as a value, without a database: what is open, and what a change of it writes.

A `Book` holds grants with something left, debits that nothing has paid yet, and the buckets. The operations
of `credits.bookkeeping` take a book and return an `Outcome`. The ledger persists outcomes and previews show
them, so a preview cannot differ from what is posted.

Always true (domain: "Credits: a ledger"):

- total = trial + subscription + credit_pack + adjustment = the last posting's ``balance_after``;
- a bucket is what is left of its grants, and adjustment is that less all debt;
- while there is debt no grant is open;
- for every transaction: amount − allocations it pays as a grant + allocations paid to it = what is left of it
  as a grant, or minus what is uncovered of it as a debit. A reversed debit gives back what it burned through
  negative allocations of the reversing entry, so the same line holds for that entry.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.money import ZERO
from adminboard.core.said_moments import say_moment
from adminboard.credits.kinds import BURN_RANK, Bucket, TransactionType

_NEVER = datetime.max.replace(tzinfo=UTC)


class IncompleteBook(Exception):
    """The operation needs grants or debts that the book does not hold: load more and repeat."""


class ExpiryInThePast(InvalidInput):
    """A grant must not have expired before it is posted."""

    def __init__(self, expires_at: datetime) -> None:
        sentence = (
            f"These credits would have expired already, on {say_moment(expires_at)}. "
            "Choose a time in the future, or none."
        )
        super().__init__(sentence, errors=[FieldError("expires_at", sentence, "expiry_in_the_past")])


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant and what is left of it."""

    id: UUID
    bucket: Bucket
    granted_at: datetime
    expires_at: datetime | None
    remaining: Decimal
    sequence: int

    @property
    def burn_order(self) -> tuple[datetime, int, datetime, UUID]:
        """Expiring soonest, then trial, subscription, credit pack, adjustment, then oldest, then id."""
        return (self.expires_at or _NEVER, BURN_RANK[self.bucket], self.granted_at, self.id)

    def is_due(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


@dataclass(frozen=True, slots=True)
class Debt:
    """A debit and what no grant has paid of it, > 0. Debts are paid in the order of their sequence."""

    id: UUID
    sequence: int
    uncovered: Decimal


@dataclass(frozen=True, slots=True)
class Buckets:
    trial: Decimal = ZERO
    subscription: Decimal = ZERO
    credit_pack: Decimal = ZERO
    adjustment: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.trial + self.subscription + self.credit_pack + self.adjustment

    def get(self, bucket: Bucket) -> Decimal:
        amount: Decimal = getattr(self, bucket.value)
        return amount

    def plus(self, bucket: Bucket, amount: Decimal) -> "Buckets":
        return replace(self, **{bucket.value: self.get(bucket) + amount})


@dataclass(frozen=True, slots=True)
class Book:
    """What is open for one user. ``grants`` in burn order, ``debts`` by sequence.

    Both may be only the first part of what is open, as long as an operation finds all it touches: everything
    due, and enough for the amount. The buckets tell whether something is missing.
    """

    buckets: Buckets = Buckets()
    grants: tuple[Grant, ...] = ()
    debts: tuple[Debt, ...] = ()
    last_sequence: int = 0
    last_created_at: datetime | None = None

    @property
    def total(self) -> Decimal:
        return self.buckets.total

    @property
    def open_credits(self) -> Decimal:
        """What is left of all grants, those not loaded included."""
        return max(self.total, ZERO)

    @property
    def debt(self) -> Decimal:
        """What is uncovered of all debits, those not loaded included; positive."""
        return max(-self.total, ZERO)

    @property
    def is_complete(self) -> bool:
        return (
            sum((grant.remaining for grant in self.grants), ZERO) == self.open_credits
            and sum((debt.uncovered for debt in self.debts), ZERO) == self.debt
        )


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction to insert. ``created_at`` never runs behind the user's previous one."""

    id: UUID
    type: TransactionType
    amount: Decimal
    sequence: int
    balance_after: Decimal
    created_at: datetime
    expires_at: datetime | None = None
    reverses_id: UUID | None = None
    expired_grant: Grant | None = None
    """For an expiry, the grant as it was before: whose credits lapsed."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which grant paid which debit. Negative when a reversal gives the grant back what a debit had burned."""

    transaction_id: UUID
    grant_transaction_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation does: the book afterwards, and everything that has to be written for it.

    ``before`` is the book once expired credits were settled, which is what a preview compares with.
    ``changed_grants`` hold the new remaining, zero for those now closed; ``changed_debts`` likewise.
    """

    before: Book
    book: Book
    postings: tuple[Posting, ...]
    allocations: tuple[Allocation, ...]
    changed_grants: tuple[Grant, ...]
    changed_debts: tuple[Debt, ...]
    spent_elsewhere: Decimal = ZERO
    """Reversing a grant: what of it was already spent, and is therefore taken from other grants or owed."""

    @property
    def expired(self) -> tuple[Posting, ...]:
        return tuple(posting for posting in self.postings if posting.type is TransactionType.EXPIRY)

    @property
    def posting(self) -> Posting:
        """The entry the operation was about. Raises `LookupError` when it only settled expired credits."""
        for posting in self.postings:
            if posting.type is not TransactionType.EXPIRY:
                return posting
        raise LookupError("This outcome only settles expired credits.")

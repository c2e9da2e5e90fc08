"""The operations on a user's `Book`: settle what expired, grant, debit, reverse. Pure; nothing is written.

Every operation first settles what is due, so that expired credits cannot be spent even when the expiry job
has not run yet. The same book, moment and ids always give the same outcome, whatever order grants came in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from adminboard.core.ids import new_ordered_id
from adminboard.core.money import CENT, ZERO
from adminboard.credits.book import (
    Allocation,
    Book,
    Debt,
    ExpiryInThePast,
    Grant,
    IncompleteBook,
    Outcome,
    Posting,
)
from adminboard.credits.kinds import BUCKET_OF_GRANT, Bucket, TransactionType


@dataclass(frozen=True, slots=True)
class BurnedGrant:
    """What a debit took from a grant. ``grant.remaining`` is not used: the book knows what is left now."""

    grant: Grant
    amount: Decimal


def settle_expired(book: Book, now: datetime, new_id: Callable[[], UUID] = new_ordered_id) -> Outcome:
    """Posts an ``expiry`` for what is left of each grant that is due; nothing when none is."""
    draft = _Draft(book, now, new_id)
    return draft.finish()


def grant(
    book: Book,
    transaction_type: TransactionType,
    amount: Decimal,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    new_id: Callable[[], UUID] = new_ordered_id,
) -> Outcome:
    """Adds credits; they pay debt first, oldest first, and what is left can be spent until ``expires_at``.

    Raises `ExpiryInThePast`; `ValueError` for an amount ≤ 0 or a type that grants nothing.
    """
    draft = _Draft(book, now, new_id)
    if expires_at is not None and expires_at <= draft.at:
        raise ExpiryInThePast(expires_at)
    if amount <= 0 or transaction_type not in BUCKET_OF_GRANT:
        raise ValueError(f"{transaction_type.value} of {amount} is not a grant.")
    posting = draft.post(transaction_type, amount, expires_at=expires_at)
    draft.open(
        Grant(
            posting.id,
            BUCKET_OF_GRANT[transaction_type],
            posting.created_at,
            expires_at,
            posting.amount,
            posting.sequence,
        )
    )
    draft.pay_debts()
    return draft.finish()


def debit(
    book: Book,
    transaction_type: TransactionType,
    amount: Decimal,
    now: datetime,
    *,
    new_id: Callable[[], UUID] = new_ordered_id,
) -> Outcome:
    """Takes credits: ``amount`` is negative. Burns grants in their order; what none covers is debt.

    Raises `ValueError` for an amount ≥ 0 or an expiry, which only settling posts; `IncompleteBook`.
    """
    if amount >= 0 or transaction_type is TransactionType.EXPIRY:
        raise ValueError(f"{transaction_type.value} of {amount} is not a debit.")
    draft = _Draft(book, now, new_id)
    draft.burn(draft.post(transaction_type, amount), -amount)
    return draft.finish()


def reverse_grant(
    book: Book,
    grant_id: UUID,
    transaction_type: TransactionType,
    amount: Decimal,
    now: datetime,
    *,
    new_id: Callable[[], UUID] = new_ordered_id,
) -> Outcome:
    """Takes back the grant of ``amount`` > 0: from that very grant first, the rest from others or as debt.

    That rest is ``spent_elsewhere`` of the outcome; whether it is acceptable is for the caller to say.
    """
    draft = _Draft(book, now, new_id)
    posting = draft.post(transaction_type, -amount, reverses_id=grant_id)
    own = draft.take(posting.id, grant_id, amount)
    draft.burn(posting, amount - own)
    return replace(draft.finish(), spent_elsewhere=amount - own)


def reverse_debit(
    book: Book,
    debit_id: UUID,
    transaction_type: TransactionType,
    amount: Decimal,
    burned: Iterable[BurnedGrant],
    now: datetime,
    *,
    new_id: Callable[[], UUID] = new_ordered_id,
) -> Outcome:
    """Undoes the debit of ``amount`` < 0: the grants it burned get back exactly what it took from them.

    What nothing has paid of it yet is covered by the reversal itself. Grants that expired in the meantime
    lapse at once, as they would have without the debit; what the others got back pays remaining debts.
    Raises `ValueError` when ``burned`` and the debit's own debt do not add up to the amount.
    """
    draft = _Draft(book, now, new_id)
    posting = draft.post(transaction_type, -amount, reverses_id=debit_id)
    given_back = sum((draft.give_back(posting.id, item) for item in burned), ZERO)
    forgiven = draft.forgive(posting.id, debit_id)
    if given_back + forgiven != -amount:
        raise ValueError(f"Debit {debit_id} of {amount} burned {given_back} and owes {forgiven}.")
    draft.settle()
    draft.pay_debts()
    return draft.finish()


class _Draft:
    """A book being changed: the one place where postings, allocations and buckets move together."""

    def __init__(self, book: Book, now: datetime, new_id: Callable[[], UUID]) -> None:
        self.at = max(now, book.last_created_at or now)
        self._new_id = new_id
        self._buckets = book.buckets
        self._grants = {grant.id: grant for grant in book.grants}
        self._debts = {debt.id: debt for debt in book.debts}
        self._sequence = book.last_sequence
        self._last_created_at = book.last_created_at
        self._postings: list[Posting] = []
        self._allocations: list[Allocation] = []
        self._changed_grants: dict[UUID, Grant] = {}
        self._changed_debts: dict[UUID, Debt] = {}
        self._missing_credits = book.open_credits - sum((grant.remaining for grant in book.grants), ZERO)
        self._missing_debt = book.debt - sum((debt.uncovered for debt in book.debts), ZERO)
        self._total = book.total
        self.settle()
        self._before = self._book()

    def settle(self) -> None:
        for due in sorted(
            (grant for grant in self._grants.values() if grant.is_due(self.at)), key=lambda g: g.burn_order
        ):
            posting = self.post(TransactionType.EXPIRY, -due.remaining, expired_grant=due)
            self.take(posting.id, due.id, due.remaining)

    def post(
        self,
        transaction_type: TransactionType,
        amount: Decimal,
        *,
        expires_at: datetime | None = None,
        reverses_id: UUID | None = None,
        expired_grant: Grant | None = None,
    ) -> Posting:
        if amount == 0 or amount != amount.quantize(CENT):
            raise ValueError(f"{amount} is not an amount of credits.")
        self._sequence += 1
        self._total += amount
        self._last_created_at = self.at
        posting = Posting(
            id=self._new_id(),
            type=transaction_type,
            amount=amount.quantize(CENT),
            sequence=self._sequence,
            balance_after=self._total,
            created_at=self.at,
            expires_at=expires_at,
            reverses_id=reverses_id,
            expired_grant=expired_grant,
        )
        self._postings.append(posting)
        return posting

    def open(self, grant: Grant) -> None:
        self._put_grant(grant)
        self._buckets = self._buckets.plus(grant.bucket, grant.remaining)

    def take(self, transaction_id: UUID, grant_id: UUID, wanted: Decimal) -> Decimal:
        """Pays up to ``wanted`` of a debit from one grant; returns how much, 0 for a closed grant."""
        grant = self._grants.get(grant_id)
        if grant is None or not wanted:
            return ZERO
        taken = min(grant.remaining, wanted)
        self._allocations.append(Allocation(transaction_id, grant_id, taken))
        self._put_grant(replace(grant, remaining=grant.remaining - taken))
        self._buckets = self._buckets.plus(grant.bucket, -taken)
        return taken

    def burn(self, posting: Posting, amount: Decimal) -> None:
        for grant in self._in_burn_order():
            if not amount:
                return
            amount -= self.take(posting.id, grant.id, amount)
        if not amount:
            return
        if self._missing_credits:
            raise IncompleteBook("grants")
        self._put_debt(Debt(posting.id, posting.sequence, amount))
        self._buckets = self._buckets.plus(Bucket.ADJUSTMENT, -amount)

    def give_back(self, transaction_id: UUID, burned: BurnedGrant) -> Decimal:
        grant = self._grants.get(burned.grant.id) or replace(burned.grant, remaining=ZERO)
        self._allocations.append(Allocation(transaction_id, grant.id, -burned.amount))
        self._put_grant(replace(grant, remaining=grant.remaining + burned.amount))
        self._buckets = self._buckets.plus(grant.bucket, burned.amount)
        return burned.amount

    def forgive(self, reversal_id: UUID, debit_id: UUID) -> Decimal:
        debt = self._debts.get(debit_id)
        if debt is None:
            return ZERO
        self._cover(debt, reversal_id, debt.uncovered)
        return debt.uncovered

    def pay_debts(self) -> None:
        """Open grants pay what is owed, oldest debt first."""
        for debt in sorted(self._debts.values(), key=lambda debt: debt.sequence):
            for grant in self._in_burn_order():
                paid = min(grant.remaining, self._debts[debt.id].uncovered)
                self._put_grant(replace(grant, remaining=grant.remaining - paid))
                self._buckets = self._buckets.plus(grant.bucket, -paid)
                self._cover(self._debts[debt.id], grant.id, paid)
                if debt.id not in self._debts:
                    break
        if self._missing_debt and self._grants:
            raise IncompleteBook("debts")

    def finish(self) -> Outcome:
        return Outcome(
            before=self._before,
            book=self._book(),
            postings=tuple(self._postings),
            allocations=tuple(self._allocations),
            changed_grants=tuple(self._changed_grants.values()),
            changed_debts=tuple(self._changed_debts.values()),
        )

    def _cover(self, debt: Debt, paying_id: UUID, amount: Decimal) -> None:
        self._allocations.append(Allocation(debt.id, paying_id, amount))
        self._put_debt(replace(debt, uncovered=debt.uncovered - amount))
        self._buckets = self._buckets.plus(Bucket.ADJUSTMENT, amount)

    def _in_burn_order(self) -> list[Grant]:
        return sorted(self._grants.values(), key=lambda grant: grant.burn_order)

    def _put_grant(self, grant: Grant) -> None:
        self._changed_grants[grant.id] = grant
        if grant.remaining:
            self._grants[grant.id] = grant
        else:
            self._grants.pop(grant.id, None)

    def _put_debt(self, debt: Debt) -> None:
        self._changed_debts[debt.id] = debt
        if debt.uncovered:
            self._debts[debt.id] = debt
        else:
            self._debts.pop(debt.id, None)

    def _book(self) -> Book:
        return Book(
            buckets=self._buckets,
            grants=tuple(self._in_burn_order()),
            debts=tuple(sorted(self._debts.values(), key=lambda debt: debt.sequence)),
            last_sequence=self._sequence,
            last_created_at=self._last_created_at,
        )

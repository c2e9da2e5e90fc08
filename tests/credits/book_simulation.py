"""A user's whole ledger in memory: plays operations on a `Book`, checks every rule from the raw entries."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

from adminboard.core.money import ZERO
from adminboard.credits import bookkeeping
from adminboard.credits.book import Allocation, Book, Grant, Outcome, Posting
from adminboard.credits.bookkeeping import BurnedGrant
from adminboard.credits.kinds import BUCKET_OF_GRANT, Bucket, TransactionType

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Ledger:
    """``play_*`` change the book and remember what was written; ``check`` recomputes everything from that."""

    now: datetime = START
    book: Book = field(default_factory=Book)
    postings: list[Posting] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    terms: dict[UUID, Grant] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def new_id(self) -> UUID:
        return UUID(int=next(self._ids))

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def grant(
        self,
        amount: str | Decimal,
        transaction_type: TransactionType = TransactionType.ADJUSTMENT,
        expires_in: timedelta | None = None,
    ) -> Posting:
        expires_at = (
            None if expires_in is None else max(self.now, self.book.last_created_at or self.now) + expires_in
        )
        outcome = bookkeeping.grant(
            self.book, transaction_type, Decimal(amount), self.now, expires_at=expires_at, new_id=self.new_id
        )
        posting = self._keep(outcome).posting
        self.terms[posting.id] = Grant(
            posting.id,
            BUCKET_OF_GRANT[transaction_type],
            posting.created_at,
            expires_at,
            posting.amount,
            posting.sequence,
        )
        return posting

    def debit(
        self, amount: str | Decimal, transaction_type: TransactionType = TransactionType.DEDUCT_USAGE
    ) -> Posting:
        outcome = bookkeeping.debit(
            self.book, transaction_type, -Decimal(amount), self.now, new_id=self.new_id
        )
        return self._keep(outcome).posting

    def settle(self) -> Outcome:
        return self._keep(bookkeeping.settle_expired(self.book, self.now, self.new_id))

    def reverse(self, posting: Posting) -> Outcome:
        if posting.amount > 0:
            return self._keep(
                bookkeeping.reverse_grant(
                    self.book, posting.id, posting.type, posting.amount, self.now, new_id=self.new_id
                )
            )
        burned = [BurnedGrant(self.terms[grant], amount) for grant, amount in self.paid_by(posting).items()]
        return self._keep(
            bookkeeping.reverse_debit(
                self.book, posting.id, posting.type, posting.amount, burned, self.now, new_id=self.new_id
            )
        )

    def paid_by(self, posting: Posting) -> dict[UUID, Decimal]:
        """Grant → what it paid of this debit."""
        paid: dict[UUID, Decimal] = {}
        for allocation in self.allocations:
            if allocation.transaction_id == posting.id:
                grant_id = allocation.grant_transaction_id
                paid[grant_id] = paid.get(grant_id, ZERO) + allocation.amount
        return paid

    def remaining(self, posting: Posting) -> Decimal:
        return next((grant.remaining for grant in self.book.grants if grant.id == posting.id), ZERO)

    def uncovered(self, posting: Posting) -> Decimal:
        return next((debt.uncovered for debt in self.book.debts if debt.id == posting.id), ZERO)

    def reversible(self) -> list[Posting]:
        undone = {posting.reverses_id for posting in self.postings}
        expired = {posting.expired_grant.id for posting in self.postings if posting.expired_grant}
        return [
            posting
            for posting in self.postings
            if posting.type is not TransactionType.EXPIRY
            and posting.reverses_id is None
            and posting.id not in undone | expired
        ]

    def check(self) -> None:
        self._check_sums()
        self._check_entries()
        self._check_history()

    def _check_sums(self) -> None:
        book = self.book
        total = sum((posting.amount for posting in self.postings), ZERO)
        assert total == book.total == (self.postings[-1].balance_after if self.postings else ZERO)
        debt = sum((item.uncovered for item in book.debts), ZERO)
        for bucket in Bucket:
            left = sum((grant.remaining for grant in book.grants if grant.bucket is bucket), ZERO)
            assert getattr(book.buckets, bucket.value) == left - (
                debt if bucket is Bucket.ADJUSTMENT else ZERO
            )
        assert not (debt and book.grants), "a grant is open while something is owed"
        assert book.is_complete

    def _check_entries(self) -> None:
        open_grants = {grant.id: grant.remaining for grant in self.book.grants}
        debts = {debt.id: debt.uncovered for debt in self.book.debts}
        for posting in self.postings:
            used = sum((a.amount for a in self.allocations if a.grant_transaction_id == posting.id), ZERO)
            paid = sum((a.amount for a in self.allocations if a.transaction_id == posting.id), ZERO)
            left = posting.amount - used + paid
            assert left == open_grants.get(posting.id, ZERO) - debts.get(posting.id, ZERO)
            if posting.amount > 0 and posting.reverses_id is None:
                assert ZERO <= posting.amount - used <= posting.amount

    def _check_history(self) -> None:
        running = ZERO
        for number, posting in enumerate(self.postings, start=1):
            running += posting.amount
            assert posting.sequence == number
            assert posting.balance_after == running
        moments = [posting.created_at for posting in self.postings]
        assert moments == sorted(moments)
        assert all(grant.expires_at is None or grant.expires_at > self.now for grant in self.book.grants)

    def _keep(self, outcome: Outcome) -> Outcome:
        self.book = outcome.book
        self.postings.extend(outcome.postings)
        self.allocations.extend(outcome.allocations)
        return outcome

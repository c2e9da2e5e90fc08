"""Each user's ledger, computed by the same bookkeeping that the board posts with."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from adminboard.credits import bookkeeping
from adminboard.credits.book import Book, Outcome, Posting
from adminboard.credits.bookkeeping import BurnedGrant
from adminboard.credits.kinds import TransactionType
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.people import SeedUser


class Ledger:
    """One user's, being written: each posting becomes rows at once, what is left of it with `close`."""

    def __init__(self, rows: RowBuffer, draw: Draw, user: SeedUser) -> None:
        self.book = Book()
        self.user = user
        self._rows = rows
        self._draw = draw

    @property
    def transactions(self) -> int:
        return self.book.last_sequence

    def grant(
        self,
        kind: TransactionType,
        amount: Decimal,
        at: datetime,
        description: str,
        metadata: Mapping[str, Any],
        expires_at: datetime | None = None,
    ) -> Outcome:
        return self._record(
            bookkeeping.grant(self.book, kind, amount, at, expires_at=expires_at, new_id=self._draw.new_id),
            description,
            lambda _: metadata,
        )

    def debit(
        self,
        kind: TransactionType,
        amount: Decimal,
        at: datetime,
        description: str,
        metadata: Mapping[str, Any],
    ) -> Outcome:
        """``amount`` is negative."""
        outcome = bookkeeping.debit(self.book, kind, amount, at, new_id=self._draw.new_id)
        return self._record(outcome, description, lambda _: metadata)

    def adjust(
        self,
        kind: TransactionType,
        amount: Decimal,
        at: datetime,
        description: str,
        describe: Callable[[Outcome], Mapping[str, Any]],
    ) -> Outcome:
        """Either of them, with metadata that tells what came of it."""
        operation = bookkeeping.grant if amount > 0 else bookkeeping.debit
        outcome = operation(self.book, kind, amount, at, new_id=self._draw.new_id)
        return self._record(outcome, description, describe)

    def reverse(
        self,
        adjusted: Outcome,
        at: datetime,
        description: str,
        describe: Callable[[Outcome], Mapping[str, Any]],
    ) -> Outcome:
        """Takes back what `adjust` posted, before anything else happened."""
        posting = adjusted.posting
        if posting.amount > 0:
            outcome = bookkeeping.reverse_grant(
                self.book, posting.id, posting.type, posting.amount, at, new_id=self._draw.new_id
            )
        else:
            grants = {grant.id: grant for grant in adjusted.before.grants}
            burned = [
                BurnedGrant(grants[allocation.grant_transaction_id], allocation.amount)
                for allocation in adjusted.allocations
                if allocation.transaction_id == posting.id
            ]
            outcome = bookkeeping.reverse_debit(
                self.book, posting.id, posting.type, posting.amount, burned, at, new_id=self._draw.new_id
            )
        return self._record(outcome, description, describe)

    def settle(self, at: datetime) -> None:
        self._record(bookkeeping.settle_expired(self.book, at, self._draw.new_id), "", lambda _: {})

    def close(self, opened_at: datetime) -> None:
        """The balance, and what is open of grants and debts."""
        book, user_id = self.book, self.user.id
        self._rows.add(
            "credit_balances",
            user_id=user_id,
            total=book.total,
            trial=book.buckets.trial,
            subscription=book.buckets.subscription,
            credit_pack=book.buckets.credit_pack,
            adjustment=book.buckets.adjustment,
            last_sequence=book.last_sequence,
            last_updated=book.last_created_at or opened_at,
        )
        for grant in book.grants:
            self._rows.add(
                "board.open_grants",
                grant_transaction_id=grant.id,
                user_id=user_id,
                bucket=grant.bucket,
                granted_at=grant.granted_at,
                expires_at=grant.expires_at,
                remaining=grant.remaining,
                sequence=grant.sequence,
            )
        for debt in book.debts:
            self._rows.add(
                "board.open_debts",
                transaction_id=debt.id,
                user_id=user_id,
                uncovered=debt.uncovered,
                sequence=debt.sequence,
            )

    def _record(
        self, outcome: Outcome, description: str, describe: Callable[[Outcome], Mapping[str, Any]]
    ) -> Outcome:
        self.book = outcome.book
        for posting in outcome.postings:
            if posting.expired_grant is not None:
                self._add_transaction(posting, *_describe_expiry(posting))
            else:
                self._add_transaction(posting, description, describe(outcome))
        for allocation in outcome.allocations:
            self._rows.add(
                "credit_allocations",
                id=self._draw.new_id(),
                transaction_id=allocation.transaction_id,
                grant_transaction_id=allocation.grant_transaction_id,
                amount=allocation.amount,
                created_at=outcome.postings[-1].created_at,
            )
        return outcome

    def _add_transaction(self, posting: Posting, description: str, metadata: Mapping[str, Any]) -> None:
        balances = {
            "old_balance": str(posting.balance_after - posting.amount),
            "new_balance": str(posting.balance_after),
        }
        self._rows.add(
            "credit_transactions",
            id=posting.id,
            user_id=self.user.id,
            sequence=posting.sequence,
            type=posting.type,
            amount=posting.amount,
            balance_after=posting.balance_after,
            description=description,
            metadata={**metadata, **balances},
            expires_at=posting.expires_at,
            reverses_id=posting.reverses_id,
            created_at=posting.created_at,
        )


def _describe_expiry(posting: Posting) -> tuple[str, dict[str, Any]]:
    """In the ledger's own words."""
    expired = posting.expired_grant
    assert expired is not None, "asked only about expiries"
    words = expired.bucket.value.replace("_", " ")
    granted_on = f"{expired.granted_at:%Y-%m-%d}"
    return (
        f"Expired: what was left of the {words} credits granted on {granted_on} (UTC)",
        {"grant_transaction_id": str(expired.id)},
    )

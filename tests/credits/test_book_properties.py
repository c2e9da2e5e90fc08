"""Whatever happens to a user's credits, in whatever order, the rules of the ledger hold after every step."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adminboard.credits.kinds import BUCKET_OF_GRANT, TransactionType
from tests.credits.book_simulation import Ledger

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(30), places=2)
GRANT_TYPES = st.sampled_from(sorted(BUCKET_OF_GRANT))
DEBIT_TYPES = st.sampled_from(sorted(set(TransactionType) - {TransactionType.EXPIRY}))
LIFETIMES = st.none() | st.integers(min_value=1, max_value=30).map(lambda days: timedelta(days=days))


class AnyHistory(RuleBasedStateMachine):
    @initialize()
    def open_ledger(self) -> None:
        self.ledger = Ledger()

    @rule(amount=AMOUNTS, transaction_type=GRANT_TYPES, expires_in=LIFETIMES)
    def grant(self, amount: Decimal, transaction_type: TransactionType, expires_in: timedelta | None) -> None:
        self.ledger.grant(amount, transaction_type, expires_in)

    @rule(amount=AMOUNTS, transaction_type=DEBIT_TYPES)
    def debit(self, amount: Decimal, transaction_type: TransactionType) -> None:
        self.ledger.debit(amount, transaction_type)

    @rule(amount=AMOUNTS)
    def debit_and_reverse_at_once(self, amount: Decimal) -> None:
        self.ledger.settle()
        before = self.ledger.book
        self.ledger.reverse(self.ledger.debit(amount))
        after = self.ledger.book
        assert (after.grants, after.debts, after.buckets) == (before.grants, before.debts, before.buckets)

    @rule(amount=AMOUNTS, transaction_type=GRANT_TYPES, expires_in=LIFETIMES)
    def grant_and_reverse_at_once(
        self, amount: Decimal, transaction_type: TransactionType, expires_in: timedelta | None
    ) -> None:
        self.ledger.settle()
        before = self.ledger.book.total
        self.ledger.reverse(self.ledger.grant(amount, transaction_type, expires_in))
        assert self.ledger.book.total == before

    @precondition(lambda self: self.ledger.reversible())
    @rule(data=st.data())
    def reverse_something(self, data: st.DataObject) -> None:
        self.ledger.reverse(data.draw(st.sampled_from(self.ledger.reversible())))

    @rule(hours=st.integers(min_value=-2, max_value=400))
    def time_passes(self, hours: int) -> None:
        self.ledger.wait(hours=hours)
        self.ledger.settle()

    @invariant()
    def every_rule_holds(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.check()


AnyHistory.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyHistory = AnyHistory.TestCase

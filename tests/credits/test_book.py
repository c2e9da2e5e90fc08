from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adminboard.credits import bookkeeping
from adminboard.credits.book import Book, Buckets, Debt, ExpiryInThePast, IncompleteBook
from adminboard.credits.kinds import Bucket, TransactionType
from tests.credits.book_simulation import START, Ledger

DAY = timedelta(days=1)
TRIAL = TransactionType.GRANT_TRIAL
SUBSCRIPTION = TransactionType.GRANT_SUBSCRIPTION
PACK = TransactionType.GRANT_CREDIT_PACK


def test_a_debit_burns_what_expires_soonest_first_and_what_never_expires_last() -> None:
    ledger = Ledger()
    never = ledger.grant("10", TRIAL)
    later = ledger.grant("10", PACK, 20 * DAY)
    sooner = ledger.grant("10", PACK, 10 * DAY)
    debit = ledger.debit("25")
    assert ledger.paid_by(debit) == {sooner.id: 10, later.id: 10, never.id: 5}
    ledger.check()


def test_grants_of_equal_expiry_burn_by_bucket_then_age_then_id() -> None:
    ledger = Ledger()
    adjustment = ledger.grant("1")
    pack = ledger.grant("1", PACK)
    subscription = ledger.grant("1", SUBSCRIPTION)
    trial = ledger.grant("1", TRIAL)
    ledger.wait(days=1)
    younger_trial = ledger.grant("1", TRIAL)
    same_moment_higher_id = ledger.grant("1", TRIAL)
    debit = ledger.debit("5.50")
    expected = [trial, younger_trial, same_moment_higher_id, subscription, pack, adjustment]
    assert list(ledger.paid_by(debit)) == [posting.id for posting in expected]
    assert ledger.remaining(adjustment) == Decimal("0.50")


@given(st.permutations(range(5)))
def test_the_order_in_which_grants_are_loaded_changes_nothing(order: list[int]) -> None:
    ledger = Ledger()
    for transaction_type, expires_in in [
        (TRIAL, None),
        (PACK, 3 * DAY),
        (SUBSCRIPTION, 3 * DAY),
        (PACK, None),
        (TRIAL, DAY),
    ]:
        ledger.grant("2", transaction_type, expires_in)
    shuffled = replace(ledger.book, grants=tuple(ledger.book.grants[index] for index in order))
    usual, other = (
        bookkeeping.debit(
            book, TransactionType.DEDUCT_USAGE, Decimal(-7), START + 2 * DAY, new_id=Ledger(book=book).new_id
        )
        for book in (ledger.book, shuffled)
    )
    assert usual == replace(other, before=usual.before)


def test_what_no_grant_covers_is_debt_in_the_adjustment_bucket() -> None:
    ledger = Ledger()
    ledger.grant("5", TRIAL)
    debit = ledger.debit("8")
    assert ledger.uncovered(debit) == 3
    assert ledger.book.buckets.trial == 0
    assert ledger.book.buckets.adjustment == -3
    assert ledger.postings[-1].balance_after == -3
    ledger.check()


def test_the_next_grant_pays_the_debt_first_oldest_first_and_visibly() -> None:
    ledger = Ledger()
    first = ledger.debit("3")
    second = ledger.debit("4")
    grant = ledger.grant("5", PACK)
    assert ledger.paid_by(first) == {grant.id: 3}
    assert ledger.paid_by(second) == {grant.id: 2}
    assert ledger.uncovered(second) == 2
    assert ledger.remaining(grant) == 0
    assert ledger.book.buckets == Buckets(adjustment=Decimal(-2))
    ledger.grant("10", TRIAL)
    assert ledger.book.buckets == Buckets(trial=Decimal(8))
    ledger.check()


def test_expired_credits_cannot_be_spent_even_before_the_job_ran() -> None:
    ledger = Ledger()
    grant = ledger.grant("10", TRIAL, DAY)
    ledger.wait(days=1)
    debit = ledger.debit("4")
    expiry = ledger.postings[1]
    assert expiry.type is TransactionType.EXPIRY
    assert expiry.amount == -10
    assert expiry.balance_after == 0
    assert ledger.paid_by(expiry) == {grant.id: 10}
    assert ledger.paid_by(debit) == {}
    assert ledger.uncovered(debit) == 4
    ledger.check()


def test_credits_can_be_spent_until_the_moment_they_expire() -> None:
    ledger = Ledger()
    ledger.grant("10", TRIAL, DAY)
    ledger.wait(days=1, microseconds=-1)
    assert ledger.settle().postings == ()
    ledger.wait(microseconds=1)
    assert [posting.amount for posting in ledger.settle().postings] == [-10]
    assert ledger.settle().postings == ()


def test_only_what_is_left_of_a_grant_expires() -> None:
    ledger = Ledger()
    ledger.grant("10", TRIAL, DAY)
    ledger.debit("4")
    ledger.wait(days=2)
    assert [posting.amount for posting in ledger.settle().postings] == [-6]
    assert ledger.book.total == 0
    ledger.check()


def test_a_grant_that_has_expired_already_is_refused() -> None:
    with pytest.raises(ExpiryInThePast, match="would have expired already"):
        Ledger().grant("10", TRIAL, -DAY)


def test_reversing_a_debit_at_once_gives_back_exactly_the_former_grants() -> None:
    ledger = Ledger()
    ledger.grant("5", TRIAL, DAY)
    ledger.grant("5", PACK)
    ledger.debit("2")
    before = ledger.book
    debit = ledger.debit("11.75")
    reversal = ledger.reverse(debit).posting
    assert (reversal.amount, reversal.reverses_id) == (Decimal("11.75"), debit.id)
    assert ledger.book.grants == before.grants
    assert ledger.book.buckets == before.buckets
    assert ledger.book.debts == ()
    ledger.check()


def test_reversing_a_debit_gives_back_grants_that_paid_it_later_as_debt() -> None:
    ledger = Ledger()
    debit = ledger.debit("5")
    grant = ledger.grant("8", PACK)
    ledger.reverse(debit)
    assert ledger.remaining(grant) == 8
    assert ledger.book.total == 8
    ledger.check()


def test_the_unpaid_part_of_a_reversed_debit_is_covered_by_the_reversal() -> None:
    ledger = Ledger()
    grant = ledger.grant("3", TRIAL)
    debit = ledger.debit("5")
    reversal = ledger.reverse(debit).posting
    assert ledger.paid_by(debit) == {grant.id: 3, reversal.id: 2}
    assert ledger.paid_by(reversal) == {grant.id: -3}
    assert ledger.remaining(grant) == 3
    ledger.check()


def test_grants_restored_by_a_reversal_pay_the_debts_of_other_debits() -> None:
    ledger = Ledger()
    grant = ledger.grant("5", PACK)
    wrong = ledger.debit("5")
    other = ledger.debit("3")
    ledger.reverse(wrong)
    assert ledger.paid_by(other) == {grant.id: 3}
    assert ledger.remaining(grant) == 2
    assert ledger.book.total == 2
    ledger.check()


def test_a_restored_grant_that_expired_meanwhile_lapses_at_once_and_pays_nothing() -> None:
    ledger = Ledger()
    ledger.grant("5", TRIAL, DAY)
    wrong = ledger.debit("5")
    other = ledger.debit("3")
    ledger.wait(days=2)
    outcome = ledger.reverse(wrong)
    assert [posting.amount for posting in outcome.postings] == [5, -5]
    assert [posting.balance_after for posting in outcome.postings] == [2, -3]
    assert ledger.uncovered(other) == 3
    ledger.check()


def test_reversing_an_unspent_grant_takes_back_that_very_grant() -> None:
    ledger = Ledger()
    kept = ledger.grant("10", TRIAL, DAY)
    wrong = ledger.grant("20", PACK)
    outcome = ledger.reverse(wrong)
    assert outcome.spent_elsewhere == 0
    assert ledger.paid_by(outcome.posting) == {wrong.id: 20}
    assert ledger.remaining(kept) == 10
    ledger.check()


def test_reversing_a_partly_spent_grant_takes_the_rest_from_others_and_says_so() -> None:
    ledger = Ledger()
    wrong = ledger.grant("20", TRIAL)
    kept = ledger.grant("5", PACK)
    ledger.debit("8")
    outcome = ledger.reverse(wrong)
    assert outcome.spent_elsewhere == 8
    assert ledger.paid_by(outcome.posting) == {wrong.id: 12, kept.id: 5}
    assert ledger.uncovered(outcome.posting) == 3
    assert ledger.book.total == -3
    ledger.check()


def test_time_never_runs_backwards_in_one_ledger() -> None:
    ledger = Ledger()
    first = ledger.grant("5")
    ledger.wait(hours=-1)
    assert ledger.debit("1").created_at == first.created_at


def test_a_book_that_misses_grants_asks_for_more_instead_of_inventing_debt() -> None:
    ledger = Ledger()
    for _ in range(3):
        ledger.grant("5", PACK)
    partial = replace(ledger.book, grants=ledger.book.grants[:1])
    assert not partial.is_complete
    bookkeeping.debit(partial, TransactionType.DEDUCT_USAGE, Decimal(-5), START)
    with pytest.raises(IncompleteBook):
        bookkeeping.debit(partial, TransactionType.DEDUCT_USAGE, Decimal("-5.01"), START)


def test_a_book_that_misses_debts_asks_for_more_instead_of_opening_a_grant() -> None:
    ledger = Ledger()
    ledger.debit("5")
    ledger.debit("5")
    partial = replace(ledger.book, debts=ledger.book.debts[:1])
    bookkeeping.grant(partial, PACK, Decimal(5), START)
    with pytest.raises(IncompleteBook):
        bookkeeping.grant(partial, PACK, Decimal("5.01"), START)


@pytest.mark.parametrize("amount", ["0", "-5", "0.001"])
def test_only_positive_amounts_of_two_decimals_are_grants(amount: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        bookkeeping.grant(Book(), PACK, Decimal(amount), START)


@pytest.mark.parametrize("transaction_type", [TransactionType.EXPIRY, TransactionType.DEDUCT_USAGE])
def test_only_granting_types_grant(transaction_type: TransactionType) -> None:
    with pytest.raises(ValueError, match="is not a grant"):
        bookkeeping.grant(Book(), transaction_type, Decimal(5), START)


def test_nobody_but_settling_posts_an_expiry() -> None:
    with pytest.raises(ValueError, match="is not a debit"):
        bookkeeping.debit(Book(), TransactionType.EXPIRY, Decimal(-5), START)


def test_a_reversal_that_does_not_add_up_is_refused() -> None:
    debt = Debt(Ledger().new_id(), 1, Decimal(3))
    book = replace(Book(), debts=(debt,))
    book = replace(book, buckets=book.buckets.plus(Bucket.ADJUSTMENT, Decimal(-3)))
    with pytest.raises(ValueError, match=r"burned 0\.00 and owes 3"):
        bookkeeping.reverse_debit(book, debt.id, TransactionType.DEDUCT_USAGE, Decimal(-4), [], START)

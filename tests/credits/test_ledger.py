from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.core.errors import NotFound
from adminboard.credits import ledger
from adminboard.credits.book import ExpiryInThePast
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditBalance, CreditTransaction, OpenDebt, OpenGrant
from adminboard.credits.queries import get_balance
from adminboard.credits.verify import verify_ledger
from adminboard.runtime import Runtime
from adminboard.users.models import User
from tests.credits.posting import count_entries, post, reverse, settle

USAGE = TransactionType.DEDUCT_USAGE
TRIAL = TransactionType.GRANT_TRIAL


def test_the_first_entry_creates_the_balance(runtime: Runtime, user: User, session: Session) -> None:
    with runtime.reading() as reading:
        assert not get_balance(reading, user.id).exists
    post(runtime, user, "20", TRIAL)
    with runtime.reading() as reading:
        balance = get_balance(reading, user.id)
    assert balance.exists
    assert (balance.total, balance.trial) == (Decimal("20.00"), Decimal("20.00"))
    assert verify_ledger(session) == []


def test_an_entry_says_what_the_balance_was_and_is(runtime: Runtime, user: User, session: Session) -> None:
    post(runtime, user, "20")
    outcome = post(runtime, user, "-4.50", USAGE)
    entry = session.get_one(CreditTransaction, outcome.posting.id)
    assert entry.metadata_["old_balance"] == "20.00"
    assert entry.metadata_["new_balance"] == "15.50"
    assert (entry.sequence, entry.balance_after) == (2, Decimal("15.50"))


def test_a_plan_is_what_is_posted(runtime: Runtime, user: User, clock: MovableClock) -> None:
    post(runtime, user, "5", TRIAL, expires_in=timedelta(days=1))
    post(runtime, user, "5")
    clock.advance(timedelta(days=2))
    with runtime.reading() as reading:
        planned = ledger.plan_posting(reading, user.id, USAGE, Decimal(-7))
    posted = post(runtime, user, "-7", USAGE)
    assert (planned.before, planned.book.buckets) == (posted.before, posted.book.buckets)
    assert [p.amount for p in planned.postings] == [p.amount for p in posted.postings] == [-5, -7]


def test_debt_is_kept_open_until_a_grant_pays_it(runtime: Runtime, user: User, session: Session) -> None:
    debit = post(runtime, user, "-7", USAGE)
    assert session.get_one(OpenDebt, debit.posting.id).uncovered == 7
    session.expire_all()
    post(runtime, user, "5")
    assert session.get_one(OpenDebt, debit.posting.id).uncovered == 2
    session.expire_all()
    post(runtime, user, "5")
    assert session.get(OpenDebt, debit.posting.id) is None
    assert session.scalars(select(OpenGrant.remaining)).all() == [Decimal("3.00")]
    assert verify_ledger(session) == []


def test_a_debit_reads_more_of_the_book_when_the_first_part_does_not_suffice(
    runtime: Runtime, user: User, session: Session
) -> None:
    for _ in range(70):
        post(runtime, user, "1")
    post(runtime, user, "-69.50", USAGE)
    assert session.scalars(select(OpenGrant.remaining)).all() == [Decimal("0.50")]
    assert verify_ledger(session) == []


def test_a_grant_reads_more_of_the_book_when_many_debts_are_open(
    runtime: Runtime, user: User, session: Session
) -> None:
    for _ in range(70):
        post(runtime, user, "-1", USAGE)
    post(runtime, user, "70.25")
    assert session.scalars(select(OpenGrant.remaining)).all() == [Decimal("0.25")]
    assert session.scalar(select(func.count()).select_from(OpenDebt)) == 0
    assert verify_ledger(session) == []


def test_everything_due_lapses_however_much_it_is(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    for _ in range(70):
        post(runtime, user, "1", expires_in=timedelta(days=1))
    clock.advance(timedelta(days=1))
    assert len(settle(runtime, user).postings) == 70
    assert settle(runtime, user).postings == ()
    assert verify_ledger(session) == []


def test_a_grant_that_would_have_lapsed_already_is_refused_and_changes_nothing(
    runtime: Runtime, user: User, session: Session
) -> None:
    with pytest.raises(ExpiryInThePast):
        post(runtime, user, "5", expires_in=timedelta(0))
    assert session.scalar(select(func.count()).select_from(CreditBalance)) == 0


def test_reversing_a_debit_gives_its_grants_back(runtime: Runtime, user: User, session: Session) -> None:
    first = post(runtime, user, "5", TRIAL)
    second = post(runtime, user, "5")
    debit = post(runtime, user, "-7", USAGE)
    reversal = reverse(runtime, debit.posting.id)
    assert reversal.posting.type is USAGE
    assert session.get_one(CreditTransaction, reversal.posting.id).reverses_id == debit.posting.id
    grants = dict(session.execute(select(OpenGrant.grant_transaction_id, OpenGrant.remaining)).all())
    assert grants == {first.posting.id: 5, second.posting.id: 5}
    assert verify_ledger(session) == []


def test_reversing_a_grant_takes_that_grant_back(runtime: Runtime, user: User, session: Session) -> None:
    kept = post(runtime, user, "5", TRIAL)
    wrong = post(runtime, user, "50")
    assert reverse(runtime, wrong.posting.id).spent_elsewhere == 0
    assert session.scalars(select(OpenGrant.grant_transaction_id)).all() == [kept.posting.id]
    assert verify_ledger(session) == []


def test_an_entry_is_reversed_only_once(runtime: Runtime, user: User, session: Session) -> None:
    grant = post(runtime, user, "5")
    reverse(runtime, grant.posting.id)
    with pytest.raises(ledger.AlreadyReversed, match="only once"):
        reverse(runtime, grant.posting.id)
    assert count_entries(session, user) == 2


def test_a_reversal_is_not_reversed(runtime: Runtime, user: User, session: Session) -> None:
    reversal = reverse(runtime, post(runtime, user, "5").posting.id)
    with pytest.raises(ledger.ReversalIsFinal, match="Post a new adjustment"):
        reverse(runtime, reversal.posting.id)
    assert count_entries(session, user) == 2


def test_an_expiry_is_not_reversed(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    post(runtime, user, "5", expires_in=timedelta(days=1))
    clock.advance(timedelta(days=1))
    expiry = settle(runtime, user).postings[0]
    with pytest.raises(ledger.ExpiryIsFinal, match="Grant new credits"):
        reverse(runtime, expiry.id)
    assert count_entries(session, user) == 2


@pytest.mark.parametrize("posted", [True, False])
def test_a_grant_that_lapsed_is_not_taken_back(
    posted: bool, runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    grant = post(runtime, user, "5", expires_in=timedelta(days=1))
    post(runtime, user, "-2", USAGE)
    clock.advance(timedelta(days=1))
    if posted:
        settle(runtime, user)
    before = count_entries(session, user)
    with pytest.raises(ledger.ExpiryIsFinal, match="expired already"):
        reverse(runtime, grant.posting.id)
    assert count_entries(session, user) == before


def test_a_debit_reversed_after_its_grant_lapsed_gives_nothing_that_can_be_spent(
    runtime: Runtime, user: User, session: Session, clock: MovableClock
) -> None:
    post(runtime, user, "5", expires_in=timedelta(days=1))
    debit = post(runtime, user, "-5", USAGE)
    clock.advance(timedelta(days=2))
    reverse(runtime, debit.posting.id)
    with runtime.reading() as reading:
        assert get_balance(reading, user.id).total == 0
    assert verify_ledger(session) == []


def test_an_unknown_entry_is_not_found(runtime: Runtime, user: User) -> None:
    with pytest.raises(NotFound, match="no credit transaction"):
        reverse(runtime, user.id)

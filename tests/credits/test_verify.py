"""Someone who may do everything tampers with the tables, past every trigger: the verification says where."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from adminboard.core.clock import MovableClock
from adminboard.credits.kinds import TransactionType
from adminboard.credits.verify import get_ledger_size, verify_ledger
from adminboard.credits.verify_checks import CHECKS
from adminboard.runtime import Runtime
from adminboard.users.models import User
from tests.credits.posting import post, reverse, settle
from tests.factories import make_user

OWE_ONE = """INSERT INTO board.open_debts SELECT id, user_id, 1, sequence FROM credit_transactions
WHERE amount < 0"""

TAMPERINGS = {
    "Each entry continues the one before": [
        "UPDATE credit_transactions SET balance_after = balance_after + 1 WHERE sequence = 2",
        "UPDATE credit_transactions SET amount = amount + 1 WHERE sequence = 2",
        "DELETE FROM credit_transactions WHERE sequence = 3",
        "UPDATE credit_transactions SET created_at = created_at - interval '9 days' WHERE sequence = 3",
    ],
    "A balance is the sum of its entries and of its buckets": [
        "UPDATE credit_balances SET total = total + 1, adjustment = adjustment + 1",
        "UPDATE credit_balances SET last_sequence = last_sequence + 1",
        "DELETE FROM credit_balances",
        "UPDATE credit_transactions SET amount = amount + 1 WHERE sequence = 2",
    ],
    "Each grant and each debit is accounted for by its allocations": [
        "DELETE FROM credit_allocations",
        "UPDATE credit_allocations SET amount = amount + 1 WHERE amount > 0",
        "UPDATE board.open_grants SET remaining = remaining + 1",
        "DELETE FROM board.open_grants",
        OWE_ONE,
    ],
    "Buckets are what is left of their grants, less what is owed": [
        "UPDATE credit_balances SET subscription = subscription - 1, adjustment = adjustment + 1",
        "UPDATE board.open_grants SET bucket = 'trial'",
    ],
    "Nobody owes while holding credits": [
        OWE_ONE,
    ],
    "Open grants are kept as they were posted": [
        "UPDATE board.open_grants SET expires_at = now()",
        "UPDATE board.open_grants SET bucket = 'trial'",
        "UPDATE board.open_grants SET granted_at = granted_at - interval '1 day'",
        "UPDATE board.open_grants SET sequence = sequence + 1",
    ],
    "A reversal is the opposite of one entry": [
        "UPDATE credit_transactions SET amount = amount + 1 WHERE reverses_id IS NOT NULL",
        "UPDATE credit_transactions SET type = 'refund' WHERE reverses_id IS NOT NULL",
    ],
    "Grants pay only their own user, and only before they expire": [
        "UPDATE credit_transactions SET expires_at = created_at + interval '1 second' WHERE sequence = 1",
        "UPDATE credit_transactions SET expires_at = NULL WHERE sequence = 2",
    ],
}


@pytest.fixture
def ledger_of(runtime: Runtime, user: User, session: Session, clock: MovableClock) -> User:
    """A user with a bit of everything, whose tables stand open to tampering."""
    post(runtime, user, "20")
    post(runtime, user, "10", TransactionType.GRANT_TRIAL, expires_in=timedelta(days=1))
    post(runtime, user, "-4", TransactionType.DEDUCT_USAGE)
    clock.advance(timedelta(days=2))
    settle(runtime, user)
    debit = post(runtime, user, "-1", TransactionType.ADJUSTMENT)
    reverse(runtime, debit.posting.id)
    post(runtime, user, "3", TransactionType.GRANT_SUBSCRIPTION)
    for table in ("credit_balances", "credit_transactions", "credit_allocations"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    for table in ("credit_allocations", "board.open_grants", "board.open_debts"):
        for side in ("transaction_id", "grant_transaction_id"):
            name = f"fk_{table.removeprefix('board.')}_{side}"
            session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
    return user


def test_a_ledger_that_nobody_touched_adds_up(ledger_of: User, session: Session) -> None:
    assert verify_ledger(session) == []
    assert verify_ledger(session, ledger_of.id) == []
    size = get_ledger_size(session)
    assert (size.users, size.transactions) == (1, 7)


def test_every_check_has_a_tampering_it_must_find() -> None:
    assert [check.rule for check in CHECKS] == list(TAMPERINGS)


@pytest.mark.parametrize(
    ("rule", "tampering"), [(rule, sql) for rule, tamperings in TAMPERINGS.items() for sql in tamperings]
)
def test_tampering_is_found(rule: str, tampering: str, ledger_of: User, session: Session) -> None:
    session.execute(text(tampering))
    found = [violation for violation in verify_ledger(session) if violation.rule == rule]
    of_user = [violation for violation in verify_ledger(session, ledger_of.id) if violation.rule == rule]
    assert found == of_user
    assert {violation.user_id for violation in found} == {ledger_of.id}
    assert all(violation.finding for violation in found)


def test_one_user_is_verified_apart_from_others(ledger_of: User, session: Session) -> None:
    other = make_user(session)
    session.execute(text("UPDATE credit_balances SET total = total + 1, adjustment = adjustment + 1"))
    assert verify_ledger(session, ledger_of.id) != []
    assert verify_ledger(session, other.id) == []

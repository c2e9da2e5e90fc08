"""What the triggers of the ledger and of the audit trail refuse, whoever asks."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditHead
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditAllocation, CreditBalance, CreditTransaction
from adminboard.db.embedded import APP_ROLE, OWNER_ROLE
from adminboard.db.embedded.cluster import SUPERUSER
from adminboard.db.engine import Database
from tests.credit_factories import make_balance, make_debt, make_grant
from tests.factories import START, as_credits, make_user

APPEND_ONLY = [
    "credit_transactions",
    "credit_allocations",
    "board.audit_entries",
    "board.audit_checkpoints",
]
CHANGES = ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]


@pytest.mark.parametrize("role", [OWNER_ROLE, SUPERUSER, APP_ROLE])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_was_written_for_ever_cannot_be_changed_by_any_role(
    connection: Connection, table: str, change: str, role: str
) -> None:
    connection.execute(text(f"SET LOCAL ROLE {role}"))
    refusal = "permission denied" if role == APP_ROLE else "append-only"
    with pytest.raises(Exception, match=refusal):
        connection.execute(text(change.format(table)))


def test_replaying_a_replication_stream_does_not_get_round_the_refusal(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL ROLE {SUPERUSER}"))
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    with pytest.raises(IntegrityError, match="append-only"):
        connection.execute(text("DELETE FROM credit_transactions"))


def transaction(
    user_id: UUID, sequence: int, amount: str, balance_after: str, **fields: Any
) -> CreditTransaction:
    return CreditTransaction(
        **{
            "user_id": user_id,
            "sequence": sequence,
            "type": TransactionType.ADJUSTMENT,
            "amount": Decimal(amount),
            "balance_after": Decimal(balance_after),
            "description": "A test",
            "created_at": START,
        }
        | fields
    )


@pytest.mark.parametrize(
    ("sequence", "amount", "balance_after", "moved_by"),
    [
        (2, "5", "16", timedelta(0)),
        (3, "5", "15", timedelta(0)),
        (2, "5", "15", timedelta(seconds=-1)),
    ],
    ids=["another balance", "a gap", "before the previous one"],
)
def test_a_transaction_that_does_not_continue_the_one_before_is_refused(
    session: Session, sequence: int, amount: str, balance_after: str, moved_by: timedelta
) -> None:
    user_id = make_user(session).id
    make_grant(session, user_id, 10)
    session.add(transaction(user_id, sequence, amount, balance_after, created_at=START + moved_by))
    with pytest.raises(IntegrityError, match="does not continue"):
        session.flush()


def test_the_first_transaction_starts_from_nothing(session: Session) -> None:
    session.add(transaction(make_user(session).id, 1, "5", "6"))
    with pytest.raises(IntegrityError, match="does not continue"):
        session.flush()


def test_many_transactions_of_one_statement_may_continue_one_another(session: Session) -> None:
    user_id = make_user(session).id
    session.add_all(
        transaction(user_id, number, "2.50", str(number * Decimal("2.50"))) for number in range(1, 9)
    )
    session.flush()
    assert session.scalars(select(CreditTransaction.sequence).order_by("sequence")).all() == [*range(1, 9)]


@pytest.mark.parametrize(
    ("rule", "amount", "fields"),
    [
        ("amount_not_zero", "0", {}),
        ("only_grants_expire", "-5", {"expires_at": START + timedelta(days=1)}),
        ("expires_after_grant", "5", {"expires_at": START}),
        ("usage_and_expiry_are_debits", "5", {"type": TransactionType.DEDUCT_USAGE}),
        ("usage_and_expiry_are_debits", "5", {"type": TransactionType.EXPIRY}),
        ("fk_credit_transactions_reverses_id", "5", {"reverses_id": uuid4()}),
    ],
)
def test_a_transaction_that_makes_no_sense_is_refused(
    session: Session, rule: str, amount: str, fields: dict[str, Any]
) -> None:
    session.add(transaction(make_user(session).id, 1, amount, amount, **fields))
    with pytest.raises(IntegrityError, match=rule):
        session.flush()


def test_a_transaction_is_reversed_once(session: Session) -> None:
    user_id = make_user(session).id
    granted = make_grant(session, user_id, 10)
    session.add(transaction(user_id, 2, "-10", "0", reverses_id=granted.id))
    session.flush()
    session.add(transaction(user_id, 3, "-10", "-10", reverses_id=granted.id))
    with pytest.raises(IntegrityError, match="reverses_id"):
        session.flush()


def test_a_balance_is_the_sum_of_its_buckets(session: Session) -> None:
    balance = make_balance(session)
    balance.total = as_credits(5)
    with pytest.raises(IntegrityError, match="sum_of_buckets"):
        session.flush()


@pytest.mark.parametrize("bucket", ["trial", "subscription", "credit_pack"])
def test_only_the_adjustment_bucket_may_be_below_zero(session: Session, bucket: str) -> None:
    balance = make_balance(session)
    setattr(balance, bucket, as_credits(-1))
    balance.total = as_credits(-1)
    with pytest.raises(IntegrityError, match=f"{bucket}_not_negative"):
        session.flush()


def test_an_allocation_is_of_something(session: Session) -> None:
    granted = make_grant(session, make_user(session).id, 10)
    owed = make_debt(session, make_user(session).id, 10)
    session.add(
        CreditAllocation(transaction_id=owed.id, grant_transaction_id=granted.id, amount=as_credits(0))
    )
    with pytest.raises(IntegrityError, match="amount_not_zero"):
        session.flush()


def test_a_balance_that_its_last_transaction_does_not_tell_is_not_committed(
    fresh_owner_database: Database,
) -> None:
    with fresh_owner_database.writing() as session:
        user_id = make_user(session).id
        make_grant(session, user_id, 10)
    with pytest.raises(IntegrityError, match="its last transaction says"):
        add_to_the_balance_alone(fresh_owner_database, user_id)
    with fresh_owner_database.reading() as session:
        assert session.get_one(CreditBalance, user_id).total == 10


def add_to_the_balance_alone(database: Database, user_id: UUID) -> None:
    with database.writing() as session:
        balance = session.get_one(CreditBalance, user_id)
        balance.total += 5
        balance.adjustment += 5


def test_a_transaction_that_the_balance_does_not_tell_is_not_committed(
    fresh_owner_database: Database,
) -> None:
    with fresh_owner_database.writing() as session:
        user_id = make_user(session).id
    with (
        pytest.raises(IntegrityError, match="its last transaction says"),
        fresh_owner_database.writing() as session,
    ):
        session.add(transaction(user_id, 1, "5", "5"))
    with fresh_owner_database.reading() as session:
        assert session.scalars(select(CreditTransaction)).all() == []


def test_the_chain_of_the_audit_begins_with_zeros_and_has_one_head(session: Session) -> None:
    head = session.scalars(select(AuditHead)).one()
    assert (head.position, head.hash) == (0, bytes(32))
    session.add(AuditHead(singleton=False, position=0, hash=bytes(32)))
    with pytest.raises(IntegrityError, match="one_row"):
        session.flush()

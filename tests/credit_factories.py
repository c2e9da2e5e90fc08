"""A ledger to begin with: consistent rows, written without the code that is under test."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.credits.kinds import BUCKET_OF_GRANT, TransactionType
from adminboard.credits.models import CreditBalance, CreditTransaction, OpenDebt, OpenGrant
from tests.factories import START, as_credits, make_user


def make_balance(session: Session, user_id: UUID | None = None) -> CreditBalance:
    """An empty balance; of a new user where none is given."""
    balance = CreditBalance(user_id=user_id or make_user(session).id, last_updated=START)
    session.add(balance)
    session.flush()
    return balance


def make_grant(
    session: Session,
    user_id: UUID,
    amount: Decimal | str | int,
    *,
    type: TransactionType = TransactionType.ADJUSTMENT,
    at: datetime = START,
    expires_at: datetime | None = None,
) -> CreditTransaction:
    """A grant with all of it left. Raises `ValueError` for a user in debt, who would have to pay first."""
    balance = session.get(CreditBalance, user_id) or make_balance(session, user_id)
    if balance.total < 0:
        raise ValueError("The user owes credits; let the ledger post the grant.")
    granted = _post(session, balance, type, as_credits(amount), at, expires_at=expires_at)
    bucket = BUCKET_OF_GRANT[type]
    setattr(balance, bucket.value, getattr(balance, bucket.value) + granted.amount)
    session.flush()
    session.add(
        OpenGrant(
            grant_transaction_id=granted.id,
            user_id=user_id,
            bucket=bucket,
            granted_at=at,
            expires_at=expires_at,
            remaining=granted.amount,
            sequence=granted.sequence,
        )
    )
    session.flush()
    return granted


def make_debt(
    session: Session, user_id: UUID, amount: Decimal | str | int, *, at: datetime = START
) -> CreditTransaction:
    """A usage of `amount` > 0 that no grant paid. Raises `ValueError` for a user who has credits."""
    balance = session.get(CreditBalance, user_id) or make_balance(session, user_id)
    if balance.total > 0:
        raise ValueError("The user has credits, which would have to pay; let the ledger post the debit.")
    debit = _post(session, balance, TransactionType.DEDUCT_USAGE, -as_credits(amount), at)
    balance.adjustment += debit.amount
    session.flush()
    session.add(
        OpenDebt(transaction_id=debit.id, user_id=user_id, uncovered=-debit.amount, sequence=debit.sequence)
    )
    session.flush()
    return debit


def _post(
    session: Session,
    balance: CreditBalance,
    type: TransactionType,
    amount: Decimal,
    at: datetime,
    **fields: Any,
) -> CreditTransaction:
    balance.last_sequence += 1
    balance.total += amount
    balance.last_updated = at
    transaction = CreditTransaction(
        user_id=balance.user_id,
        sequence=balance.last_sequence,
        type=type,
        amount=amount,
        balance_after=balance.total,
        description=f"{type.value} of {amount}",
        created_at=at,
        **fields,
    )
    session.add(transaction)
    return transaction

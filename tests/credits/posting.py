"""Posting to a ledger as the system, each time in a transaction of its own."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.work import Work
from adminboard.credits import ledger
from adminboard.credits.book import Outcome
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditTransaction
from adminboard.runtime import Runtime
from adminboard.users.models import User


def post(
    runtime: Runtime,
    user: User,
    amount: str,
    transaction_type: TransactionType = TransactionType.ADJUSTMENT,
    *,
    expires_in: timedelta | None = None,
) -> Outcome:
    with runtime.work(system_actor()) as work:
        audit(work)
        return ledger.post(
            work,
            user.id,
            transaction_type,
            Decimal(amount),
            description="For a test",
            details=lambda _: {},
            expires_at=None if expires_in is None else work.now() + expires_in,
        )


def reverse(runtime: Runtime, transaction_id: UUID) -> Outcome:
    with runtime.work(system_actor()) as work:
        audit(work)
        return ledger.reverse(work, transaction_id, description="For a test", details=lambda _: {})


def settle(runtime: Runtime, user: User) -> Outcome:
    with runtime.work(system_actor()) as work:
        audit(work)
        return ledger.settle(work, user.id)


def audit(work: Work) -> None:
    work.audit("credits.test", Target("user", "none", "none"), "A test changed credits")


def count_entries(session: Session, user: User) -> int:
    return session.scalar(select(func.count()).where(CreditTransaction.user_id == user.id)) or 0

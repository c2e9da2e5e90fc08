"""What can be known of credits: balances, open grants, who paid for what, the balance of a past moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.core.money import ZERO
from adminboard.core.work import moment
from adminboard.credits.book_rows import burn_order
from adminboard.credits.kinds import Bucket, TransactionType
from adminboard.credits.models import CreditBalance, CreditTransaction, OpenGrant
from adminboard.users.finding import FoundUser, match_users
from adminboard.users.models import User

EXPIRING_SOON = timedelta(days=30)
MAX_OPEN_GRANTS = 200


@dataclass(frozen=True, slots=True)
class Balance:
    """What a user has. ``last_updated`` is None and ``exists`` False before the first entry."""

    user_id: UUID
    exists: bool
    total: Decimal
    trial: Decimal
    subscription: Decimal
    credit_pack: Decimal
    adjustment: Decimal
    last_updated: datetime | None

    @property
    def debt(self) -> Decimal:
        """What the user owes, as a positive amount."""
        return max(-self.total, ZERO)


@dataclass(frozen=True, slots=True)
class OpenGrantView:
    """A grant with something left. ``expires_soon``: within 30 days; ``is_due``: lapsed, not yet posted."""

    transaction_id: UUID
    bucket: Bucket
    type: TransactionType
    amount: Decimal
    remaining: Decimal
    granted_at: datetime
    expires_at: datetime | None
    description: str
    expires_soon: bool
    is_due: bool


@dataclass(frozen=True, slots=True)
class PastBalance:
    """The balance as the ledger had it at ``at``, after ``sequence`` entries."""

    at: datetime
    total: Decimal
    sequence: int


def get_balance(session: Session, user_id: UUID) -> Balance:
    """The balance by bucket; zeros for a user without entries. One query."""
    row = session.execute(
        select(
            CreditBalance.total,
            CreditBalance.trial,
            CreditBalance.subscription,
            CreditBalance.credit_pack,
            CreditBalance.adjustment,
            CreditBalance.last_updated,
        ).where(CreditBalance.user_id == user_id)
    ).one_or_none()
    if row is None:
        return Balance(user_id, False, ZERO, ZERO, ZERO, ZERO, ZERO, None)
    return Balance(user_id, True, *row)


def list_open_grants(session: Session, user_id: UUID, *, limit: int = MAX_OPEN_GRANTS) -> list[OpenGrantView]:
    """Grants with something left, in the order in which they will be burned. One query."""
    now = moment(session)
    rows = session.execute(
        select(
            CreditTransaction.id,
            OpenGrant.bucket,
            CreditTransaction.type,
            CreditTransaction.amount,
            OpenGrant.remaining,
            OpenGrant.granted_at,
            OpenGrant.expires_at,
            CreditTransaction.description,
        )
        .join(CreditTransaction, CreditTransaction.id == OpenGrant.grant_transaction_id)
        .where(OpenGrant.user_id == user_id)
        .order_by(*burn_order())
        .limit(limit)
    )
    return [
        OpenGrantView(
            *row,
            expires_soon=row.expires_at is not None and row.expires_at <= now + EXPIRING_SOON,
            is_due=row.expires_at is not None and row.expires_at <= now,
        )
        for row in rows
    ]


def get_balance_at(session: Session, user_id: UUID, at: datetime) -> PastBalance:
    """The balance as it was posted at a moment; zero before the first entry. One query."""
    row = session.execute(
        select(CreditTransaction.balance_after, CreditTransaction.sequence)
        .where(CreditTransaction.user_id == user_id, CreditTransaction.created_at <= at)
        .order_by(CreditTransaction.created_at.desc(), CreditTransaction.sequence.desc())
        .limit(1)
    ).one_or_none()
    return PastBalance(at, row.balance_after, row.sequence) if row else PastBalance(at, ZERO, 0)


def find_users_with_balance(session: Session, term: str) -> list[tuple[FoundUser, Decimal]]:
    """The first users that a term finds (`users.finding`), each with the balance. One query."""
    found = match_users(session, term)
    if found is None:
        return []
    rows = session.execute(
        select(User.id, User.email, User.full_name, User.is_active, func.coalesce(CreditBalance.total, ZERO))
        .join(found, found.c.id == User.id)
        .outerjoin(CreditBalance, CreditBalance.user_id == User.id)
        .order_by(func.lower(User.email))
    )
    return [(FoundUser(*row[:4]), row[4]) for row in rows]

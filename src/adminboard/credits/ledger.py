"""The ledger: the only code that writes credits.

Each change locks the user's balance row, reads the book, lets `credits.bookkeeping` compute the outcome and
writes exactly that. The ``plan_…`` functions compute the same outcome without writing, for previews. Work
that changes several users takes them in the order of their ids, so that two such works cannot deadlock.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from adminboard.core.errors import DomainError, NotFound
from adminboard.core.listings.columns import is_any
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work, memorize, moment, remember, write_gathered
from adminboard.credits import bookkeeping
from adminboard.credits.book import Book, Grant, IncompleteBook, Outcome
from adminboard.credits.book_rows import load_book, remember_books, write_outcome
from adminboard.credits.bookkeeping import BurnedGrant
from adminboard.credits.kinds import BUCKET_OF_GRANT, TransactionType
from adminboard.credits.models import CreditAllocation, CreditBalance, CreditTransaction


class TransactionUnknown(NotFound):
    """There is no credit transaction of this id."""


class AlreadyReversed(DomainError):
    """A transaction is reversed at most once."""

    title = "Reversed already"


class ReversalIsFinal(DomainError):
    """The entry that reverses another one cannot be reversed itself."""

    title = "A reversal cannot be reversed"


class ExpiryIsFinal(DomainError):
    """Neither an expiry nor a grant that lapsed, wholly or in part, can be reversed."""

    title = "Expired credits cannot be moved"


@dataclass(frozen=True, slots=True)
class PostedTransaction:
    """What a reversal needs to know of the entry it reverses."""

    id: UUID
    user_id: UUID
    type: TransactionType
    amount: Decimal
    created_at: datetime
    reverses_id: UUID | None
    reversed_at: datetime | None


def lock_balance(work: Work, user_id: UUID) -> None:
    """Locks the user's ledger until the work ends; creates the balance row when there is none.

    The user must exist: the foreign key refuses others.
    """
    remember(work.session, ("locked balance", user_id), lambda: _lock(work, user_id))


def lock_balances(work: Work, user_ids: Collection[UUID]) -> None:
    """Locks the ledgers of many users in the order of their ids, and reads them, in two statements.

    Users without a balance are left to `lock_balance`, so that none is created for nothing.
    """
    known = select(CreditBalance.user_id).where(is_any(CreditBalance.user_id, list(user_ids)))
    locked = work.session.scalars(known.order_by(CreditBalance.user_id).with_for_update()).all()
    for user_id in locked:
        memorize(work.session, ("locked balance", user_id), None)
    remember_books(work.session, locked, work.now())


def _lock(work: Work, user_id: UUID) -> None:
    locked = select(CreditBalance.user_id).where(CreditBalance.user_id == user_id).with_for_update()
    if work.session.scalar(locked) is None:
        work.session.execute(
            insert(CreditBalance).values(user_id=user_id, last_updated=work.now()).on_conflict_do_nothing()
        )
        work.session.scalar(locked)


def plan_posting(
    session: Session,
    user_id: UUID,
    transaction_type: TransactionType,
    amount: Decimal,
    *,
    expires_at: datetime | None = None,
) -> Outcome:
    """What `post` would do at the session's moment. Raises `ExpiryInThePast`."""
    now = moment(session)
    if amount > 0:
        return _plan(
            session,
            user_id,
            lambda book: bookkeeping.grant(book, transaction_type, amount, now, expires_at=expires_at),
        )
    return _plan(session, user_id, lambda book: bookkeeping.debit(book, transaction_type, amount, now))


def post(
    work: Work,
    user_id: UUID,
    transaction_type: TransactionType,
    amount: Decimal,
    *,
    description: str,
    details: Callable[[Outcome], Mapping[str, Any]],
    expires_at: datetime | None = None,
) -> Outcome:
    """Posts a grant (amount > 0) or a debit (< 0) and returns what happened. Locks the balance row.

    ``details`` gives the entry's metadata; ``old_balance`` and ``new_balance`` are added to it. Says nothing
    in the audit log: that is for the caller, who knows why. Raises `ExpiryInThePast`.
    """
    lock_balance(work, user_id)
    outcome = plan_posting(work.session, user_id, transaction_type, amount, expires_at=expires_at)
    write_outcome(work, user_id, outcome, description, details(outcome))
    return outcome


def get_transaction(session: Session, transaction_id: UUID) -> PostedTransaction:
    """Raises `TransactionUnknown`."""
    write_gathered(session)
    reversal = aliased(CreditTransaction)
    row = session.execute(
        select(
            CreditTransaction.id,
            CreditTransaction.user_id,
            CreditTransaction.type,
            CreditTransaction.amount,
            CreditTransaction.created_at,
            CreditTransaction.reverses_id,
            reversal.created_at,
        )
        .outerjoin(reversal, reversal.reverses_id == CreditTransaction.id)
        .where(CreditTransaction.id == transaction_id)
    ).one_or_none()
    if row is None:
        raise TransactionUnknown("There is no credit transaction of this id.")
    return PostedTransaction(*row)


def plan_reversal(session: Session, transaction_id: UUID) -> Outcome:
    """What `reverse` would do at the session's moment; raises what it raises."""
    posted = get_transaction(session, transaction_id)
    _require_reversible(posted)
    now = moment(session)
    if posted.amount < 0:
        burned = _burned_grants(session, transaction_id)
        return _plan(
            session,
            posted.user_id,
            lambda book: bookkeeping.reverse_debit(book, posted.id, posted.type, posted.amount, burned, now),
            whole=True,
        )
    outcome = _plan(
        session,
        posted.user_id,
        lambda book: bookkeeping.reverse_grant(book, posted.id, posted.type, posted.amount, now),
        whole=True,
    )
    lapsing = any(expiry.expired_grant.id == posted.id for expiry in outcome.expired if expiry.expired_grant)
    if lapsing or _has_lapsed(session, posted.id):
        raise ExpiryIsFinal(
            "Some of these credits have expired already, so the grant cannot be taken back as a whole. "
            "Deduct what has to be taken with an adjustment instead."
        )
    return outcome


def reverse(
    work: Work, transaction_id: UUID, *, description: str, details: Callable[[Outcome], Mapping[str, Any]]
) -> Outcome:
    """Posts the opposite entry, linked by ``reverses_id``. Locks the balance row.

    A grant is taken back from itself first, and ``spent_elsewhere`` of the outcome tells what had to come
    from other grants or became debt. A debit gives its grants back what it burned. Raises
    `TransactionUnknown`, `AlreadyReversed`, `ReversalIsFinal`, `ExpiryIsFinal`.
    """
    user_id = get_transaction(work.session, transaction_id).user_id
    lock_balance(work, user_id)
    outcome = plan_reversal(work.session, transaction_id)
    write_outcome(work, user_id, outcome, description, details(outcome))
    return outcome


def settle(work: Work, user_id: UUID) -> Outcome:
    """Posts the expiry of what is due. Locks the balance row. Twice is once."""
    lock_balance(work, user_id)
    now = work.now()
    outcome = _plan(work.session, user_id, lambda book: bookkeeping.settle_expired(book, now))
    write_outcome(work, user_id, outcome, "", {})
    return outcome


def _plan(
    session: Session, user_id: UUID, operation: Callable[[Book], Outcome], *, whole: bool = False
) -> Outcome:
    now = moment(session)
    try:
        return operation(load_book(session, user_id, now, whole=whole))
    except IncompleteBook:
        return operation(load_book(session, user_id, now, whole=True))


def _require_reversible(posted: PostedTransaction) -> None:
    if posted.reversed_at is not None:
        raise AlreadyReversed(
            f"This transaction was reversed on {say_moment(posted.reversed_at)} already. "
            "That can be done only once."
        )
    if posted.reverses_id is not None:
        raise ReversalIsFinal("A reversal cannot be reversed. Post a new adjustment instead.")
    if posted.type is TransactionType.EXPIRY:
        raise ExpiryIsFinal("An expiry cannot be reversed. Grant new credits instead.")


def _burned_grants(session: Session, debit_id: UUID) -> list[BurnedGrant]:
    rows = session.execute(
        select(
            CreditTransaction.id,
            CreditTransaction.type,
            CreditTransaction.created_at,
            CreditTransaction.expires_at,
            CreditTransaction.sequence,
            func.sum(CreditAllocation.amount).label("burned"),
        )
        .join(CreditAllocation, CreditAllocation.grant_transaction_id == CreditTransaction.id)
        .where(CreditAllocation.transaction_id == debit_id)
        .group_by(CreditTransaction.id)
        .order_by(CreditTransaction.sequence)
    )
    return [
        BurnedGrant(
            Grant(
                row.id, BUCKET_OF_GRANT[row.type], row.created_at, row.expires_at, Decimal(0), row.sequence
            ),
            row.burned,
        )
        for row in rows
    ]


def _has_lapsed(session: Session, grant_id: UUID) -> bool:
    return bool(
        session.scalar(
            select(
                exists()
                .where(CreditAllocation.grant_transaction_id == grant_id)
                .where(CreditAllocation.transaction_id == CreditTransaction.id)
                .where(CreditTransaction.type == TransactionType.EXPIRY)
            )
        )
    )

"""A user's book in the database: one query to read it, a few statements to write what an operation did."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Table,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from adminboard.core.work import Work, forget, memorize, remember, write_gathered
from adminboard.credits.book import Book, Buckets, Debt, Grant, Outcome, Posting
from adminboard.credits.kinds import Bucket
from adminboard.credits.models import BURN_RANK_SQL, CreditBalance, OpenDebt, OpenGrant
from adminboard.db.base import Base

FIRST_PART = 32
"""How many open grants and debts are read before it is known whether the operation needs them all."""

_TRANSACTIONS, _ALLOCATIONS, _BALANCES, _OPEN_GRANTS, _OPEN_DEBTS = (
    Base.metadata.tables[name]
    for name in (
        "credit_transactions",
        "credit_allocations",
        "credit_balances",
        "board.open_grants",
        "board.open_debts",
    )
)


def load_book(session: Session, user_id: UUID, now: datetime, *, whole: bool = False) -> Book:
    """The user's book: everything due and at least the first `FIRST_PART` grants and debts, or all of them.

    A user without a balance has an empty book. One statement, hence one moment; whoever wants to write
    holds the lock on the balance row already. Remembered until this transaction writes an outcome.
    """
    return remember(session, _memory_key(user_id, whole), lambda: _load(session, user_id, now, whole=whole))


def remember_books(session: Session, user_ids: Collection[UUID], now: datetime) -> None:
    """Reads the books of many users in one statement, for `load_book` to know. Those with more than the first
    part due are left to it."""
    rows_of = defaultdict(list)
    limits = {"grants": FIRST_PART, "debts": FIRST_PART}
    for row in session.execute(_BOOKS, {"user_ids": list(user_ids), **limits}):
        rows_of[row.user_id].append(row)
    for user_id in user_ids:
        book = _read_book(rows_of[user_id]) if user_id in rows_of else Book()
        if _is_enough(book, now):
            memorize(session, _memory_key(user_id, whole=False), book)


def _memory_key(user_id: UUID, whole: bool) -> Hashable:
    return ("book", user_id, whole)


def _load(session: Session, user_id: UUID, now: datetime, *, whole: bool) -> Book:
    write_gathered(session)
    while True:
        limit = None if whole else FIRST_PART
        rows = session.execute(_BOOK, {"user_id": user_id, "grants": limit, "debts": limit}).all()
        if not rows:
            return Book()
        book = _read_book(rows)
        if whole or _is_enough(book, now):
            return book
        whole = True


def _is_enough(book: Book, now: datetime) -> bool:
    """Whether the first part of a book has everything that is due."""
    settled_at = max(now, book.last_created_at or now)
    return len(book.grants) < FIRST_PART or not book.grants[-1].is_due(settled_at)


def write_outcome(
    work: Work, user_id: UUID, outcome: Outcome, description: str, details: Mapping[str, Any]
) -> None:
    """Writes what an operation did. The caller holds the lock on the balance row, and planned under it.

    ``description`` and ``details`` are those of the operation's own entry; an expiry posted on the way says
    which grant lapsed. Every entry's metadata also holds ``old_balance`` and ``new_balance``.
    """
    if not outcome.postings:
        return
    for whole in (False, True):
        forget(work.session, _memory_key(user_id, whole))
    rows = [_transaction_row(user_id, posting, description, details) for posting in outcome.postings]
    work.write_rows(_POST, rows)
    if outcome.allocations:
        written_at = outcome.postings[-1].created_at
        work.write_rows(
            _ALLOCATE,
            [
                {
                    "id": uuid4(),
                    "transaction_id": allocation.transaction_id,
                    "grant_transaction_id": allocation.grant_transaction_id,
                    "amount": allocation.amount,
                    "created_at": written_at,
                }
                for allocation in outcome.allocations
            ],
        )
    _write_open_grants(work, user_id, outcome.changed_grants)
    _write_open_debts(work, user_id, outcome.changed_debts)
    work.write_rows(_KEEP_BALANCE, [_balance_row(user_id, outcome.book)])


def burn_order() -> tuple[Any, ...]:
    """`Grant.burn_order` in SQL, in the very words of the index ``ix_open_grants_burn_order``."""
    rank: ColumnElement[int] = literal_column(BURN_RANK_SQL)
    return (
        OpenGrant.user_id,
        OpenGrant.expires_at.asc(),
        rank,
        OpenGrant.granted_at,
        OpenGrant.grant_transaction_id,
    )


def _book_query() -> Select[Any]:
    grants = (
        select(
            literal(True).label("is_grant"),
            OpenGrant.grant_transaction_id.label("id"),
            OpenGrant.bucket.label("bucket"),
            OpenGrant.granted_at.label("granted_at"),
            OpenGrant.expires_at.label("expires_at"),
            OpenGrant.remaining.label("open_amount"),
            OpenGrant.sequence.label("sequence"),
        )
        .where(OpenGrant.user_id == CreditBalance.user_id)
        .order_by(*burn_order())
        .limit(bindparam("grants"))
        .correlate(CreditBalance)
    )
    debts = (
        select(
            literal(False),
            OpenDebt.transaction_id,
            null(),
            null(),
            null(),
            OpenDebt.uncovered,
            OpenDebt.sequence,
        )
        .where(OpenDebt.user_id == CreditBalance.user_id)
        .order_by(OpenDebt.sequence)
        .limit(bindparam("debts"))
        .correlate(CreditBalance)
    )
    entries = union_all(grants, debts).subquery("entries").lateral()
    return select(
        CreditBalance.user_id,
        CreditBalance.trial,
        CreditBalance.subscription,
        CreditBalance.credit_pack,
        CreditBalance.adjustment,
        CreditBalance.last_sequence,
        CreditBalance.last_updated,
        *entries.c,
    ).outerjoin(entries, true())


_BOOK = _book_query().where(CreditBalance.user_id == bindparam("user_id"))
_BOOKS = _book_query().where(CreditBalance.user_id == func.any(bindparam("user_ids", type_=ARRAY(Uuid()))))


def _read_book(rows: Sequence[Row[Any]]) -> Book:
    balance = rows[0]
    grants = [
        Grant(row.id, Bucket(row.bucket), row.granted_at, row.expires_at, row.open_amount, row.sequence)
        for row in rows
        if row.is_grant
    ]
    debts = [Debt(row.id, row.sequence, row.open_amount) for row in rows if row.is_grant is False]
    return Book(
        buckets=Buckets(balance.trial, balance.subscription, balance.credit_pack, balance.adjustment),
        grants=tuple(sorted(grants, key=lambda grant: grant.burn_order)),
        debts=tuple(sorted(debts, key=lambda debt: debt.sequence)),
        last_sequence=balance.last_sequence,
        last_created_at=balance.last_updated if balance.last_sequence else None,
    )


def _transaction_row(
    user_id: UUID, posting: Posting, description: str, details: Mapping[str, Any]
) -> dict[str, Any]:
    expired = posting.expired_grant
    if expired is not None:
        words = expired.bucket.value.replace("_", " ")
        description = (
            f"Expired: what was left of the {words} credits granted on {expired.granted_at:%Y-%m-%d} (UTC)"
        )
        details = {"grant_transaction_id": str(expired.id)}
    balances = {
        "old_balance": str(posting.balance_after - posting.amount),
        "new_balance": str(posting.balance_after),
    }
    return {
        "id": posting.id,
        "user_id": user_id,
        "sequence": posting.sequence,
        "type": posting.type,
        "amount": posting.amount,
        "balance_after": posting.balance_after,
        "description": description,
        "metadata": {**details, **balances},
        "expires_at": posting.expires_at,
        "reverses_id": posting.reverses_id,
        "created_at": posting.created_at,
    }


def _write_open_grants(work: Work, user_id: UUID, grants: tuple[Grant, ...]) -> None:
    closed = [{"closed": grant.id} for grant in grants if not grant.remaining]
    if closed:
        work.write_rows(_CLOSE_GRANT, closed)
    rows = [
        {
            "grant_transaction_id": grant.id,
            "user_id": user_id,
            "bucket": grant.bucket,
            "granted_at": grant.granted_at,
            "expires_at": grant.expires_at,
            "remaining": grant.remaining,
            "sequence": grant.sequence,
        }
        for grant in grants
        if grant.remaining
    ]
    if rows:
        work.write_rows(_KEEP_GRANT, rows)


def _write_open_debts(work: Work, user_id: UUID, debts: tuple[Debt, ...]) -> None:
    paid = [{"closed": debt.id} for debt in debts if not debt.uncovered]
    if paid:
        work.write_rows(_CLOSE_DEBT, paid)
    rows = [
        {
            "transaction_id": debt.id,
            "user_id": user_id,
            "uncovered": debt.uncovered,
            "sequence": debt.sequence,
        }
        for debt in debts
        if debt.uncovered
    ]
    if rows:
        work.write_rows(_KEEP_DEBT, rows)


def _balance_row(user_id: UUID, book: Book) -> dict[str, Any]:
    return {
        "owner": user_id,
        "total": book.total,
        "trial": book.buckets.trial,
        "subscription": book.buckets.subscription,
        "credit_pack": book.buckets.credit_pack,
        "adjustment": book.buckets.adjustment,
        "last_sequence": book.last_sequence,
        "last_updated": book.last_created_at,
    }


def _keeping(table: Table, key: str, amount: str) -> Insert:
    """Inserts a row, or gives one that is there its new amount."""
    statement = upsert(table).values({column.name: bindparam(column.name) for column in table.columns})
    return statement.on_conflict_do_update(index_elements=[key], set_={amount: statement.excluded[amount]})


_POST, _ALLOCATE = insert(_TRANSACTIONS), insert(_ALLOCATIONS)
_KEEP_GRANT = _keeping(_OPEN_GRANTS, "grant_transaction_id", "remaining")
_KEEP_DEBT = _keeping(_OPEN_DEBTS, "transaction_id", "uncovered")
_CLOSE_GRANT = delete(_OPEN_GRANTS).where(_OPEN_GRANTS.c.grant_transaction_id == bindparam("closed"))
_CLOSE_DEBT = delete(_OPEN_DEBTS).where(_OPEN_DEBTS.c.transaction_id == bindparam("closed"))
_KEEP_BALANCE = (
    update(_BALANCES)
    .where(_BALANCES.c.user_id == bindparam("owner"))
    .values({name: bindparam(name) for name in _balance_row(UUID(int=0), Book()) if name != "owner"})
)

"""The proof of a balance: each entry with the grants that paid it and the debits it paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.core.money import ZERO
from adminboard.credits.kinds import TransactionType
from adminboard.credits.ledger import TransactionUnknown
from adminboard.credits.models import CreditAllocation, CreditTransaction, OpenDebt, OpenGrant

PROOF_PAGE = 50
MAX_NAMED_PARTS = 25
"""A grant of thousands of small debits names the newest of them and says how many more there are."""


@dataclass(frozen=True, slots=True)
class ProofPart:
    """Another entry that paid this one, or was paid by it. Negative: given back by a reversal."""

    transaction_id: UUID
    type: TransactionType
    sequence: int
    created_at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ProofEntry:
    """An entry accounted for: amount − ``used_for`` + ``paid_by`` = ``remaining`` − ``uncovered``.

    ``paid_by`` are the grants that paid a debit, ``used_for`` the debits a grant paid, newest first;
    ``unnamed_parts`` counts those left out because there are too many.
    """

    transaction_id: UUID
    sequence: int
    type: TransactionType
    amount: Decimal
    balance_after: Decimal
    description: str
    created_at: datetime
    expires_at: datetime | None
    reverses_id: UUID | None
    remaining: Decimal
    uncovered: Decimal
    paid_by: tuple[ProofPart, ...]
    used_for: tuple[ProofPart, ...]
    unnamed_parts: int


def list_proof(
    session: Session, user_id: UUID, *, before_sequence: int | None = None, limit: int = PROOF_PAGE
) -> list[ProofEntry]:
    """A page of the user's entries, newest first, each with its account. Three queries."""
    statement = (
        _entries()
        .where(CreditTransaction.user_id == user_id)
        .order_by(CreditTransaction.sequence.desc())
        .limit(limit)
    )
    if before_sequence is not None:
        statement = statement.where(CreditTransaction.sequence < before_sequence)
    return _account_for(session, session.execute(statement).all())


def get_proof_entry(session: Session, transaction_id: UUID) -> ProofEntry:
    """One entry with its account. Three queries. Raises `ledger.TransactionUnknown`."""
    rows = session.execute(_entries().where(CreditTransaction.id == transaction_id)).all()
    if not rows:
        raise TransactionUnknown("There is no credit transaction of this id.")
    return _account_for(session, rows)[0]


def _entries() -> Select[*tuple[Any, ...]]:
    return (
        select(
            CreditTransaction.id.label("transaction_id"),
            CreditTransaction.sequence,
            CreditTransaction.type,
            CreditTransaction.amount,
            CreditTransaction.balance_after,
            CreditTransaction.description,
            CreditTransaction.created_at,
            CreditTransaction.expires_at,
            CreditTransaction.reverses_id,
            func.coalesce(OpenGrant.remaining, ZERO).label("remaining"),
            func.coalesce(OpenDebt.uncovered, ZERO).label("uncovered"),
        )
        .outerjoin(OpenGrant, OpenGrant.grant_transaction_id == CreditTransaction.id)
        .outerjoin(OpenDebt, OpenDebt.transaction_id == CreditTransaction.id)
    )


def _account_for(session: Session, entries: Sequence[Row[*tuple[Any, ...]]]) -> list[ProofEntry]:
    ids = [entry.transaction_id for entry in entries]
    paid_by = _list_parts(
        session, CreditAllocation.transaction_id, CreditAllocation.grant_transaction_id, ids
    )
    used_for = _list_parts(
        session, CreditAllocation.grant_transaction_id, CreditAllocation.transaction_id, ids
    )
    none = _Parts()
    return [
        ProofEntry(
            **entry._mapping,
            paid_by=tuple(paid_by.get(entry.transaction_id, none).named),
            used_for=tuple(used_for.get(entry.transaction_id, none).named),
            unnamed_parts=sum(
                parts.count - len(parts.named)
                for parts in (
                    paid_by.get(entry.transaction_id, none),
                    used_for.get(entry.transaction_id, none),
                )
            ),
        )
        for entry in entries
    ]


@dataclass(slots=True)
class _Parts:
    named: list[ProofPart] = field(default_factory=list)
    count: int = 0


def _list_parts(
    session: Session,
    side: InstrumentedAttribute[UUID],
    other_side: InstrumentedAttribute[UUID],
    ids: Sequence[UUID],
) -> dict[UUID, _Parts]:
    """By entry of ``side``, the newest allocations with the entry on the other side, and their number."""
    allocation = (
        select(
            side.label("entry_id"),
            other_side.label("other_id"),
            CreditAllocation.created_at,
            CreditAllocation.amount,
            func.row_number()
            .over(partition_by=side, order_by=(CreditAllocation.created_at.desc(), CreditAllocation.id))
            .label("place"),
            func.count().over(partition_by=side).label("part_count"),
        )
        .where(side.in_(ids))
        .subquery()
    )
    rows = session.execute(
        select(
            allocation.c.entry_id,
            allocation.c.part_count,
            CreditTransaction.id,
            CreditTransaction.type,
            CreditTransaction.sequence,
            allocation.c.created_at,
            allocation.c.amount,
        )
        .join(CreditTransaction, CreditTransaction.id == allocation.c.other_id)
        .where(allocation.c.place <= MAX_NAMED_PARTS)
        .order_by(allocation.c.entry_id, allocation.c.place)
    )
    found: dict[UUID, _Parts] = {}
    for entry_id, count, *part in rows:
        parts = found.setdefault(entry_id, _Parts(count=count))
        parts.named.append(ProofPart(*part))
    return found

"""The credit ledger's tables. Who may write them, and how, is the ledger's matter alone.

Triggers keep what a CHECK cannot: transactions and allocations are never changed or deleted, each
transaction continues the one before (`sequence`, `balance_after`, `created_at`), and at commit a balance
is what its last transaction says.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.credits.kinds import Bucket, TransactionType
from adminboard.db.base import BOARD, Base, Created, Identified
from adminboard.db.types import Credits

BURN_RANK_SQL = """(
CASE bucket
    WHEN 'trial'::text THEN 0
    WHEN 'subscription'::text THEN 1
    WHEN 'credit_pack'::text THEN 2
    ELSE 3
END)"""
"""`kinds.BURN_RANK`, to the letter as PostgreSQL gives the index back; said otherwise, a query would sort all
open grants of a user, and alembic would see a difference."""


class CreditBalance(Base):
    """What a user has, by bucket. Locking this row is locking the user's ledger."""

    __tablename__ = "credit_balances"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    total: Mapped[Credits] = mapped_column(default=Decimal(0))
    trial: Mapped[Credits] = mapped_column(default=Decimal(0))
    subscription: Mapped[Credits] = mapped_column(default=Decimal(0))
    credit_pack: Mapped[Credits] = mapped_column(default=Decimal(0))
    adjustment: Mapped[Credits] = mapped_column(default=Decimal(0))
    """Less all debt, hence the only bucket that may be below zero."""
    last_sequence: Mapped[int] = mapped_column(default=0)
    last_updated: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "total = trial + subscription + credit_pack + adjustment", name="total_is_sum_of_buckets"
        ),
        CheckConstraint("trial >= 0", name="trial_not_negative"),
        CheckConstraint("subscription >= 0", name="subscription_not_negative"),
        CheckConstraint("credit_pack >= 0", name="credit_pack_not_negative"),
        CheckConstraint("last_sequence >= 0", name="last_sequence_not_negative"),
        Index("ix_credit_balances_total", "total", "user_id"),
        Index("ix_credit_balances_last_updated", "last_updated", "user_id"),
    )


class CreditTransaction(Identified, Created, Base):
    """One entry of a user's ledger, for ever. A positive one is a grant, optionally with an expiry."""

    __tablename__ = "credit_transactions"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    sequence: Mapped[int]
    """1, 2, 3 … for each user."""
    type: Mapped[TransactionType]
    amount: Mapped[Credits]
    balance_after: Mapped[Credits]
    description: Mapped[str]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", default=dict)
    expires_at: Mapped[datetime | None]
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_transactions.id"), unique=True)

    __table_args__ = (
        UniqueConstraint("user_id", "sequence"),
        CheckConstraint("sequence >= 1", name="sequence_from_one"),
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("expires_at IS NULL OR amount > 0", name="only_grants_expire"),
        CheckConstraint("expires_at > created_at", name="expires_after_grant"),
        CheckConstraint("reverses_id <> id", name="reverses_another"),
        CheckConstraint(
            "type NOT IN ('deduct_usage', 'expiry') OR amount < 0 OR reverses_id IS NOT NULL",
            name="usage_and_expiry_are_debits",
        ),
        Index("ix_credit_transactions_created_at", "created_at", "id", postgresql_include=["user_id"]),
        Index("ix_credit_transactions_user_id", "user_id", "created_at", "id"),
        Index("ix_credit_transactions_type", "user_id", "type", "created_at", "id"),
        Index("ix_credit_transactions_type_of_all", "type", "created_at", "id"),
        Index(
            "ix_credit_transactions_expires_at",
            "expires_at",
            "id",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
    )


class CreditAllocation(Identified, Created, Base):
    """Which grant paid which debit. Negative when a reversal gives back what a debit had burned."""

    __tablename__ = "credit_allocations"

    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("credit_transactions.id"), index=True)
    grant_transaction_id: Mapped[UUID] = mapped_column(ForeignKey("credit_transactions.id"), index=True)
    amount: Mapped[Credits]

    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount_not_zero"),
        CheckConstraint("transaction_id <> grant_transaction_id", name="pays_another"),
    )


class OpenGrant(Base):
    """A grant with something left of it: kept by the ledger, so that a debit reads a few rows, not all."""

    __tablename__ = "open_grants"

    grant_transaction_id: Mapped[UUID] = mapped_column(ForeignKey("credit_transactions.id"), primary_key=True)
    user_id: Mapped[UUID]
    bucket: Mapped[Bucket]
    granted_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    remaining: Mapped[Credits]
    sequence: Mapped[int]

    __table_args__ = (
        CheckConstraint("remaining > 0", name="remaining_above_zero"),
        Index(
            "ix_open_grants_burn_order",
            "user_id",
            "expires_at",
            text(BURN_RANK_SQL),
            "granted_at",
            "grant_transaction_id",
        ),
        Index("ix_open_grants_expires_at", "expires_at", "grant_transaction_id"),
        {"schema": BOARD},
    )


class OpenDebt(Base):
    """A debit that no grant has paid in full yet: kept by the ledger, paid in the order of `sequence`."""

    __tablename__ = "open_debts"

    transaction_id: Mapped[UUID] = mapped_column(ForeignKey("credit_transactions.id"), primary_key=True)
    user_id: Mapped[UUID]
    uncovered: Mapped[Credits]
    sequence: Mapped[int]

    __table_args__ = (
        CheckConstraint("uncovered > 0", name="uncovered_above_zero"),
        Index("ix_open_debts_user_id", "user_id", "sequence"),
        {"schema": BOARD},
    )

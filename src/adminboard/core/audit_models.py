"""The audit trail's tables: a chain of entries, its head, and the signed checkpoints kept of it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.core.actor import ActorKind
from adminboard.db.base import BOARD, Base, Identified
from adminboard.db.types import BigCount, IpAddress

_ACTOR_KINDS = ", ".join(f"'{kind.value}'" for kind in ActorKind)


NOT_TOLD_ELSEWHERE = (
    "action NOT IN ('webhooks.apply', 'webhooks.explain', 'webhooks.fail', 'credits.deduct_usage', "
    "'credits.expire')"
)
"""As SQL: the entries that a customer's timeline tells, since neither a billing event nor the credit ledger
tells the same."""


class AuditEntry(Base):
    """What somebody changed, for ever. Positions are dense from 1; each row holds the hash of the last."""

    __tablename__ = "audit_entries"

    position: Mapped[BigCount] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    """A word of `ActorKind`; read as plain text so that a forged one is found and not stumbled over."""
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    action: Mapped[str]
    target_kind: Mapped[str]
    target_id: Mapped[str]
    target_label: Mapped[str]
    customer_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    summary: Mapped[str]
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
    approval_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    undo: Mapped[dict[str, Any] | None]
    """`{"action": …, "command": …}` that takes the change back; None where nothing does."""
    undoes: Mapped[UUID | None] = mapped_column(unique=True)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint(f"actor_kind IN ({_ACTOR_KINDS})", name="actor_kind"),
        CheckConstraint("position >= 1", name="position_from_one"),
        CheckConstraint("octet_length(previous_hash) = 32", name="previous_hash_length"),
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        Index("ix_audit_entries_at", "at", "position"),
        Index("ix_audit_entries_actor_id", "actor_id", "position"),
        Index("ix_audit_entries_actor_name", "actor_name", "position"),
        Index("ix_audit_entries_action", "action", "position"),
        Index("ix_audit_entries_target", "target_kind", "target_id", "position"),
        Index("ix_audit_entries_customer_id", "customer_id", "position"),
        Index(
            "ix_audit_entries_customer_at",
            "customer_id",
            "at",
            "id",
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
        Index(
            "ix_audit_entries_customer_told",
            "customer_id",
            "at",
            "id",
            postgresql_where=text(f"customer_id IS NOT NULL AND {NOT_TOLD_ELSEWHERE}"),
        ),
        Index("ix_audit_entries_request_id", "request_id"),
        Index("ix_audit_entries_run_id", "run_id", "position", postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "ix_audit_entries_search",
            text("summary gin_trgm_ops"),
            text("target_label gin_trgm_ops"),
            text("reason gin_trgm_ops"),
            postgresql_using="gin",
        ),
        {"schema": BOARD},
    )


class AuditHead(Base):
    """The end of the chain, one row: whoever appends locks it, so that entries get their order."""

    __tablename__ = "audit_head"

    singleton: Mapped[bool] = mapped_column(primary_key=True, default=True)
    position: Mapped[BigCount]
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("singleton", name="one_row"),
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        {"schema": BOARD},
    )


class AuditCheckpoint(Identified, Base):
    """The chain's end at a moment, signed. Copies kept elsewhere prove a cut or rewritten chain."""

    __tablename__ = "audit_checkpoints"

    position: Mapped[BigCount]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[str]

    __table_args__ = (
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        Index("ix_audit_checkpoints_position", "position"),
        {"schema": BOARD},
    )

"""What the board itself remembers: keys of requests, settings, saved views, and work that is under way."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Created, Identified, Timestamped
from adminboard.db.types import Cents, Credits, IpAddress


class IdempotencyKey(Base):
    """A request that was answered, or is being answered in an open transaction (guarantee 5)."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(primary_key=True)
    """`Actor.identity`: keys of different actors do not meet."""
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of action and body."""
    status_code: Mapped[int | None]
    response: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint_length"),
        {"schema": BOARD},
    )


class Setting(Base):
    """What was changed in Settings; it wins over the environment."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]

    __table_args__ = ({"schema": BOARD},)


class KeptCards(Base):
    """The figures above a large list, by card, as they were at `counted_at` (`core.listings.kept_cards`).

    `part` is the query that says which rows they are of, empty for all. JSON as it was written: the order of
    the currencies in an amount counts.
    """

    __tablename__ = "kept_cards"

    listing: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    figures: Mapped[Any] = mapped_column(JSON)
    counted_at: Mapped[datetime]

    __table_args__ = ({"schema": BOARD},)


class FeatureFlag(Base):
    """A part of the board itself that can be switched on and off while it runs."""

    __tablename__ = "feature_flags"

    key: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]

    __table_args__ = ({"schema": BOARD},)


class SavedView(Identified, Created, Base):
    """A list as an admin likes it: `query` is the query string of the page's address."""

    __tablename__ = "saved_views"

    admin_id: Mapped[UUID] = mapped_column(ForeignKey("board.admins.id"))
    page: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("admin_id", "page", "name"), {"schema": BOARD})


class ApprovalStatus(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    VOID = "void"
    """Nothing came of it: what it rested on had changed, or who asked withdrew it. `outcome` says which."""
    EXPIRED = "expired"


class Approval(Identified, Timestamped, Base):
    """A change that waits for a second person, with everything needed to decide on it and to make it.

    `fingerprint` covers all that was asked, by whom and until when (`core.approvals`); the audit entry of the
    request holds it too. What is approved is exactly what was asked.
    """

    __tablename__ = "approvals"

    action: Mapped[str]
    command: Mapped[dict[str, Any]]
    preview: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    """What the decision rests on, by names people read: compared again when it is made."""
    undoes: Mapped[UUID | None]
    """The entry of the change that this one takes back."""
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str | None]
    status: Mapped[ApprovalStatus] = mapped_column(default=ApprovalStatus.WAITING)
    target_kind: Mapped[str]
    target_id: Mapped[str]
    target_label: Mapped[str]
    customer_id: Mapped[UUID | None]
    credits: Mapped[Credits | None]
    amount_cents: Mapped[Cents | None]
    currency: Mapped[str | None]
    requested_by_kind: Mapped[str]
    requested_by_id: Mapped[UUID] = mapped_column(ForeignKey("board.admins.id"))
    """The person behind the request: for a key, its owner."""
    requested_by_key_id: Mapped[UUID | None]
    """The key through which it was asked."""
    requested_by_name: Mapped[str]
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
    request_entry_id: Mapped[UUID]
    """The audit entry of the request."""
    expires_at: Mapped[datetime]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("board.admins.id"))
    decided_by_name: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
    outcome: Mapped[str | None]
    """What came of it, as a sentence: what was done, or why it is void."""
    audit_entry_id: Mapped[UUID | None]
    """The entry of the change once it was made."""

    __table_args__ = (
        CheckConstraint("decided_by_id <> requested_by_id", name="four_eyes"),
        CheckConstraint(
            "status NOT IN ('approved', 'rejected') OR num_nulls(decided_by_id, decided_at) = 0",
            name="decision_has_a_decider",
        ),
        Index("ix_approvals_created_at", "created_at", "id"),
        Index("ix_approvals_status", "status", "created_at", "id"),
        Index("ix_approvals_action", "action", "created_at", "id"),
        Index("ix_approvals_requested_by_id", "requested_by_id", "created_at", "id"),
        Index("ix_approvals_waiting", "expires_at", "id", postgresql_where=text("status = 'waiting'")),
        Index(
            "ix_approvals_search",
            text("target_label gin_trgm_ops"),
            text("requested_by_name gin_trgm_ops"),
            postgresql_using="gin",
        ),
        {"schema": BOARD},
    )


class OperationStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Sent, outcome not known: repeated with the same key, later settled by looking it up."""


class Operation(Identified, Timestamped, Base):
    """A call to the outside, written down before it is made. One intent, one `idempotency_key`, for ever."""

    __tablename__ = "operations"

    kind: Mapped[str]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    parameters: Mapped[dict[str, Any]]
    status: Mapped[OperationStatus] = mapped_column(default=OperationStatus.PENDING)
    target_kind: Mapped[str]
    target_id: Mapped[str]
    target_label: Mapped[str]
    customer_id: Mapped[UUID | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    first_sent_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    outcome: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    audit_entry_id: Mapped[UUID | None]
    """The entry of the decision."""
    outcome_entry_id: Mapped[UUID | None]
    """The entry of what came of it."""
    approval_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]

    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint(
            "(status IN ('done', 'refused')) = (finished_at IS NOT NULL) "
            "AND (finished_at IS NULL) = (next_attempt_at IS NOT NULL)",
            name="ended_or_to_be_tried",
        ),
        Index("ix_operations_created_at", "created_at", "id"),
        Index("ix_operations_customer_id", "customer_id", "created_at", "id"),
        Index("ix_operations_target", "target_kind", "target_id", "created_at"),
        Index("ix_operations_status", "status", "created_at", "id"),
        Index("ix_operations_kind", "kind", "created_at", "id"),
        Index("ix_operations_audit_entry_id", "audit_entry_id"),
        Index(
            "ix_operations_unfinished",
            "next_attempt_at",
            "id",
            postgresql_where=text("status IN ('pending', 'running', 'unknown')"),
        ),
        {"schema": BOARD},
    )


class ActionStart(Identified, Base):
    """A change that was made, as far as limits per minute count it (`core.limits`); forgotten soon after."""

    __tablename__ = "action_starts"

    admin: Mapped[str]
    counter: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        Index("ix_action_starts_admin", "admin", "counter", "at"),
        {"schema": BOARD},
    )


class RunStatus(StrEnum):
    CHECKING = "checking"
    """A worker previews its rows; nothing is changed yet."""
    DRAFT = "draft"
    """Checked and previewed, not started."""
    WAITING = "waiting"
    """Started, for a worker to take up."""
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(Identified, Timestamped, Base):
    """Long work that a worker advances in small committed steps (`core.runs`).

    `cursor` is where to take it up again, for kinds without rows. While a worker is at it, `claimed_by` is
    that worker's claim, good until `claimed_until`. `failures` counts attempts since a step last succeeded.
    """

    __tablename__ = "runs"

    kind: Mapped[str]
    action: Mapped[str | None]
    title: Mapped[str]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[RunStatus] = mapped_column(default=RunStatus.WAITING)
    rows_total: Mapped[int | None]
    rows_checked: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_failed: Mapped[int] = mapped_column(default=0)
    rows_skipped: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[dict[str, Any] | None]
    outcome: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    user_agent: Mapped[str | None]
    request_id: Mapped[str | None]
    approval_id: Mapped[UUID | None]
    undoes_id: Mapped[UUID | None] = mapped_column(ForeignKey("board.runs.id"))
    """The run that this one takes back."""
    claimed_by: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    advanced_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_runs_undoes_id", "undoes_id"),
        Index("ix_runs_kind", "kind", "created_at", "id"),
        Index("ix_runs_created_at", "created_at", "id"),
        Index(
            "ix_runs_unfinished",
            "advanced_at",
            "id",
            postgresql_where=text("status IN ('checking', 'waiting', 'running')"),
        ),
        {"schema": BOARD},
    )


class RunRowStatus(StrEnum):
    WAITING = "waiting"
    """To be checked."""
    READY = "ready"
    """Checked, to be done."""
    REFUSED = "refused"
    """Not to be done: `error` says what is wrong with it."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class RunRow(Base):
    """One step of a run: its input, what its preview said, what came of it."""

    __tablename__ = "run_rows"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("board.runs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The line in the file, or the place in the run, from 1."""
    status: Mapped[RunRowStatus] = mapped_column(default=RunRowStatus.WAITING)
    input: Mapped[dict[str, Any]]
    preview: Mapped[dict[str, Any] | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    duplicate_of: Mapped[int | None]
    """The first row that says the same."""
    audit_entry_id: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_run_rows_status", "run_id", "status", "number"), {"schema": BOARD})

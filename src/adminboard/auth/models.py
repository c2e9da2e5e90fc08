"""Who may use the board: admins, their sessions and keys, and the guesses at their passwords."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.core.permissions import Role
from adminboard.db.base import BOARD, Base, Created, Identified, Timestamped
from adminboard.db.types import BigCount, IpAddress


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class LoginOutcome(StrEnum):
    PENDING = "pending"
    """Counted before the password is looked at, so that parallel guesses count too."""
    FAILED = "failed"
    SUCCEEDED = "succeeded"


class Admin(Identified, Timestamped, Base):
    """A person of the staff. Never deleted, so that the trail keeps its names; disabled instead."""

    __tablename__ = "admins"

    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[Role]
    password_hash: Mapped[str | None]
    """None until an invitation is accepted."""
    password_changed_at: Mapped[datetime | None]
    time_zone: Mapped[str | None]
    """An IANA name; None for DEFAULT_TIMEZONE."""
    theme: Mapped[Theme] = mapped_column(default=Theme.SYSTEM)
    totp_secret_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[BigCount | None]
    """The 30-second step of the last code taken: no code works twice."""
    invitation_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    invited_at: Mapped[datetime | None]
    invitation_expires_at: Mapped[datetime | None]
    invited_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("board.admins.id"))
    last_login_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "totp_confirmed_at IS NULL OR totp_secret_encrypted IS NOT NULL", name="totp_has_secret"
        ),
        Index("uq_admins_email", text("lower(email)"), unique=True),
        {"schema": BOARD},
    )


class AdminSession(Identified, Base):
    """A login. The cookie holds the token and when it was last seen; this row only the token's SHA-256."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    admin_id: Mapped[UUID] = mapped_column(ForeignKey("board.admins.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    stepped_up_at: Mapped[datetime]
    """When password or second factor were last given."""
    ended_at: Mapped[datetime | None]
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    user_agent: Mapped[str | None]
    device_hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    __table_args__ = (
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash_length"),
        Index("ix_sessions_admin_id", "admin_id", "created_at"),
        {"schema": BOARD},
    )


class ApiKey(Identified, Created, Base):
    """A key for the REST API. Found by `prefix`, proved by the SHA-256 of its secret, shown once."""

    __tablename__ = "api_keys"

    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str]
    owner_admin_id: Mapped[UUID] = mapped_column(ForeignKey("board.admins.id"), index=True)
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash_length"),
        Index("ix_api_keys_created_at", "created_at", "id"),
        {"schema": BOARD},
    )


class LoginAttempt(Identified, Base):
    """One guess, by account, address and device: what the limits count, on all replicas together."""

    __tablename__ = "login_attempts"

    account: Mapped[str]
    """Stands for the address typed in, known or not, without giving it away (`visitors.account_key`)."""
    ip_address: Mapped[str | None] = mapped_column(IpAddress)
    """The address that is counted: of IPv6 the first of its /64."""
    device_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    outcome: Mapped[LoginOutcome] = mapped_column(default=LoginOutcome.PENDING)

    __table_args__ = (
        Index("ix_login_attempts_account", "account", "at"),
        Index("ix_login_attempts_ip_address", "ip_address", "at"),
        Index("ix_login_attempts_device_hash", "device_hash", "at"),
        Index("ix_login_attempts_at", "at"),
        {"schema": BOARD},
    )


class RecoveryCode(Identified, Created, Base):
    """A code that stands in for the second factor, once."""

    __tablename__ = "recovery_codes"

    admin_id: Mapped[UUID] = mapped_column(ForeignKey("board.admins.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime | None]

    __table_args__ = ({"schema": BOARD},)

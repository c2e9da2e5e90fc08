"""What the panels of Settings show of one person and of one key; never a secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.auth.queries import OwnSession, count_live_keys, get_admin, get_key, list_own_sessions
from adminboard.core.work import moment


@dataclass(frozen=True, slots=True)
class AdminPanel:
    """One of the staff."""

    id: UUID
    email: str
    name: str
    role: str
    status: str
    time_zone: str | None
    has_second_factor: bool
    last_login_at: datetime | None
    created_at: datetime
    disabled_at: datetime | None
    invitation_expires_at: datetime | None
    live_keys: int
    sessions: Sequence[OwnSession]


@dataclass(frozen=True, slots=True)
class KeyPanel:
    """One API key, without its secret."""

    id: UUID
    name: str
    prefix: str
    owner: str
    status: str
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def get_admin_panel(session: Session, admin_id: UUID) -> AdminPanel:
    """Raises `AdminUnknown`."""
    admin, now = get_admin(session, str(admin_id)), moment(session)
    return AdminPanel(
        id=admin.id,
        email=admin.email,
        name=admin.name,
        role=admin.role.value,
        status=_status_of(admin),
        time_zone=admin.time_zone,
        has_second_factor=admin.totp_confirmed_at is not None,
        last_login_at=admin.last_login_at,
        created_at=admin.created_at,
        disabled_at=admin.disabled_at,
        invitation_expires_at=admin.invitation_expires_at,
        live_keys=count_live_keys(session, admin.id, now),
        sessions=list_own_sessions(session, admin.id, now),
    )


def get_key_panel(session: Session, key_id: UUID) -> KeyPanel:
    """Raises `KeyUnknown`."""
    key, now = get_key(session, key_id), moment(session)
    owner = session.scalar(select(Admin.email).where(Admin.id == key.owner_admin_id)) or ""
    expired = "expired" if key.expires_at <= now else "valid"
    return KeyPanel(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        owner=owner,
        status="revoked" if key.revoked_at is not None else expired,
        scopes=tuple(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=key.last_used_at,
    )


def _status_of(admin: Admin) -> str:
    if admin.disabled_at is not None:
        return "disabled"
    return "active" if admin.password_hash else "invited"

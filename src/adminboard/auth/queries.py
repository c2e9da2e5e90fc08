"""Reading admins and their keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from adminboard.auth.browsers import name_browser
from adminboard.auth.models import Admin, AdminSession, ApiKey
from adminboard.core.audit import Target
from adminboard.core.errors import NotFound
from adminboard.core.permissions import Role
from adminboard.core.work import Work


class AdminUnknown(NotFound):
    """Nobody of the staff has this id or address."""

    title = "No such admin"


class KeyUnknown(NotFound):
    """There is no API key with this id."""

    title = "No such API key"


def find_admin(session: Session, reference: str) -> Admin | None:
    """The admin with this id or e-mail address, as stored now."""
    meant = select(Admin).where(_is_meant(reference))
    return session.scalar(meant.execution_options(populate_existing=True))


def get_admin(session: Session, reference: str) -> Admin:
    """The admin with this id or e-mail address, as stored now. Raises `AdminUnknown`."""
    admin = find_admin(session, reference)
    if admin is None:
        raise AdminUnknown(f"There is no admin {reference!r}. Settings lists them all.")
    return admin


def lock_admin(work: Work, reference: str) -> Admin:
    """The admin, with the row locked until the work ends. Raises `AdminUnknown`."""
    work.session.execute(select(Admin.id).where(_is_meant(reference)).with_for_update())
    return get_admin(work.session, reference)


def lock_administrators(work: Work, reference: str) -> None:
    """Locks the admin and every active administrator, so that nobody takes the last one away meanwhile."""
    is_locked = _is_meant(reference) | is_active_administrator()
    work.session.execute(select(Admin.id).where(is_locked).order_by(Admin.id).with_for_update())


def is_active_administrator() -> ColumnElement[bool]:
    """Whether a row of admins can log in and look after the others."""
    return (Admin.role == Role.ADMIN) & Admin.disabled_at.is_(None) & Admin.password_hash.is_not(None)


def count_other_administrators(session: Session, admin_id: UUID) -> int:
    """Active administrators besides this one."""
    others = select(func.count()).where(is_active_administrator(), Admin.id != admin_id)
    return session.scalar(others) or 0


def count_live_sessions(session: Session, admin_id: UUID, now: datetime) -> int:
    return session.scalar(select(func.count()).where(_is_live(admin_id, now))) or 0


def count_live_keys(session: Session, admin_id: UUID, now: datetime) -> int:
    live = select(func.count()).where(
        ApiKey.owner_admin_id == admin_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now
    )
    return session.scalar(live) or 0


def find_key(session: Session, key_id: UUID | str) -> ApiKey | None:
    """The API key with this id, as stored now."""
    try:
        meant = select(ApiKey).where(ApiKey.id == UUID(str(key_id)))
    except ValueError:
        return None
    return session.scalar(meant.execution_options(populate_existing=True))


def get_key(session: Session, key_id: UUID) -> ApiKey:
    """The API key with this id, as stored now. Raises `KeyUnknown`."""
    key = find_key(session, key_id)
    if key is None:
        raise KeyUnknown("There is no such API key. Settings lists them all.")
    return key


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of an admin's own logins, for the Account page."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    ip_address: str | None
    user_agent: str | None

    @property
    def browser(self) -> str:
        return name_browser(self.user_agent)


def list_own_sessions(session: Session, admin_id: UUID, now: datetime) -> Sequence[OwnSession]:
    """Sessions that have neither ended nor run out, the newest first; at most 50."""
    rows = session.execute(
        select(
            AdminSession.id,
            AdminSession.created_at,
            AdminSession.expires_at,
            AdminSession.ip_address,
            AdminSession.user_agent,
        )
        .where(_is_live(admin_id, now))
        .order_by(AdminSession.created_at.desc())
        .limit(50)
    )
    return [OwnSession(*row) for row in rows]


def list_own_keys(session: Session, admin_id: UUID) -> Sequence[ApiKey]:
    """The admin's API keys that are not revoked, the newest first; at most 50."""
    return session.scalars(
        select(ApiKey)
        .where(ApiKey.owner_admin_id == admin_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.created_at.desc())
        .limit(50)
    ).all()


def admin_target(admin: Admin) -> Target:
    return Target("admin", str(admin.id), admin.email)


def key_target(key: ApiKey) -> Target:
    return Target("api_key", str(key.id), key.name)


def _is_live(admin_id: UUID, now: datetime) -> ColumnElement[bool]:
    is_open = AdminSession.ended_at.is_(None) & (AdminSession.expires_at > now)
    return is_open & (AdminSession.admin_id == admin_id)


def _is_meant(reference: str) -> ColumnElement[bool]:
    try:
        return Admin.id == UUID(reference)
    except ValueError:
        return func.lower(Admin.email) == reference.strip().lower()

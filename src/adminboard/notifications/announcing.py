"""Telling people of a change, in its own transaction: what is not committed, nobody hears of."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.core.audit import Draft, Target
from adminboard.core.permissions import ROLE_PERMISSIONS, Permission
from adminboard.core.work import Work
from adminboard.notifications.catalogue import NOTIFICATIONS, Channel, Notification
from adminboard.notifications.delivery import write_mail, write_to_chat
from adminboard.notifications.preferences import get_preference
from adminboard.runtime import settings_of
from adminboard.users.models import User

_BY_ACTION = {
    action: tuple(notification for notification in NOTIFICATIONS if action in notification.on)
    for action in frozenset().union(*(notification.on for notification in NOTIFICATIONS))
}


def announce(work: Work, drafts: Sequence[Draft]) -> None:
    """Writes down whom to tell of these entries, and how. Does nothing where no way out is set up.

    One query for each entry that anybody may be told of, and one for its readers.
    """
    for draft in drafts:
        for notification in _BY_ACTION.get(draft.action, ()):
            ways = _ways_out(work.session) & set(notification.channels)
            if ways:
                ways &= get_preference(work.session, notification).channels
            if ways:
                _tell(work, notification, draft, ways)


def _ways_out(session: Session) -> set[Channel]:
    settings = settings_of(session)
    set_up = {Channel.MAIL: settings.smtp_url, Channel.SLACK: settings.slack_webhook_url}
    return {channel for channel, url in set_up.items() if url is not None}


def _tell(work: Work, notification: Notification, draft: Draft, ways: set[Channel]) -> None:
    letter = notification.compose(draft)
    if Channel.SLACK in ways:
        write_to_chat(work, notification.name, letter, decided_by=draft.id)
    if Channel.MAIL in ways:
        for reader in _find_readers(work.session, notification, draft):
            write_mail(work, reader, reader.label, notification.name, letter, decided_by=draft.id)


def _find_readers(session: Session, notification: Notification, draft: Draft) -> Sequence[Target]:
    if notification.permission is None:
        return _find_user(session, draft)
    return _find_staff(session, notification.permission, draft.actor_id)


def _find_staff(session: Session, permission: Permission, cause: UUID | None) -> Sequence[Target]:
    """Who may do something about it, but not who caused it."""
    roles = [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
    staff = select(Admin.id, Admin.email).where(Admin.disabled_at.is_(None), Admin.role.in_(roles))
    rows = session.execute(staff.order_by(Admin.email))
    return [Target("admin", str(row.id), row.email) for row in rows if row.id != cause]


def _find_user(session: Session, draft: Draft) -> Sequence[Target]:
    """The active user the entry is about."""
    if draft.target_kind != "user":
        return []
    user = select(User.id, User.email, User.organization_id).where(
        User.id == UUID(draft.target_id), User.is_active
    )
    return [
        Target("user", str(row.id), row.email, row.organization_id) for row in session.execute(user).all()
    ]

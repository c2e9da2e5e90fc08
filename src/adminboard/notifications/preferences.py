"""Which notifications go which way, as Settings says; each is one row of ``board.settings`` once changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.models import Setting
from adminboard.notifications.catalogue import NOTIFICATIONS, Channel, Notification

PREFIX = "notifications."


@dataclass(frozen=True, slots=True)
class Preference:
    """A notification with the ways it goes, and who changed them last."""

    notification: Notification
    channels: frozenset[Channel]
    updated_by: str | None
    updated_at: datetime | None


def key_of(notification: Notification) -> str:
    return f"{PREFIX}{notification.name}"


def list_preferences(session: Session) -> Sequence[Preference]:
    """All of them in the order of the catalogue. One query."""
    keys = [key_of(notification) for notification in NOTIFICATIONS]
    stored = {row.key: row for row in session.scalars(select(Setting).where(Setting.key.in_(keys)))}
    return [_preference(notification, stored.get(key_of(notification))) for notification in NOTIFICATIONS]


def get_preference(session: Session, notification: Notification) -> Preference:
    """One query."""
    row = session.scalars(select(Setting).where(Setting.key == key_of(notification))).one_or_none()
    return _preference(notification, row)


def _preference(notification: Notification, row: Setting | None) -> Preference:
    if row is None:
        return Preference(notification, notification.at_first, None, None)
    return Preference(
        notification, frozenset(Channel(word) for word in row.value), row.updated_by, row.updated_at
    )

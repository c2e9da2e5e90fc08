"""Telling people of a change, in its own transaction: what is not committed, nobody hears of.

What happens many times is told few times. A user reads one letter of all that a step of a run did to them;
staff, of what machines cause, one letter in a quarter of an hour, whether it is of one or of a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.core.actor import Actor, system_actor
from adminboard.core.audit import CONTENT, Draft, Target, lock_head
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation
from adminboard.core.permissions import ROLE_PERMISSIONS
from adminboard.core.work import Work
from adminboard.notifications.catalogue import NOTIFICATIONS, Channel, Notification
from adminboard.notifications.delivery import chat, mail, write_mail, write_to_chat
from adminboard.notifications.letters import Letter
from adminboard.notifications.preferences import get_preference
from adminboard.runtime import settings_of
from adminboard.users.models import User

AT_MOST_EVERY = timedelta(minutes=15)
LOOKS_BACK = timedelta(days=1)
"""What was not told by then, because no worker was there, is left to the pages that show it."""
NAMED = 10
"""So many are named in a letter about many."""


class Doors(Protocol):
    """The part of the runtime that the job needs."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]: ...


def announce(work: Work, drafts: Sequence[Draft]) -> None:
    """Writes down whom to tell of these entries, and how. Does nothing where no way out is set up.

    A few quick queries for each notification that any of them causes, however many entries.
    """
    for notification in NOTIFICATIONS:
        entries = [draft for draft in drafts if draft.action in notification.on]
        if not entries:
            continue
        ways = _find_ways(work.session, notification)
        if not ways:
            continue
        if notification.permission is None:
            _tell_users(work, notification, entries)
        elif notification.many is None:
            for entry in entries:
                _tell_staff(work, notification, ways, [entry])
        elif not _must_wait(work, notification):
            _tell_staff(work, notification, ways, entries)


def tell_of_the_rest(doors: Doors) -> int:
    """Tells staff of what has happened since the last letter of its kind, in one letter; returns how many
    letters there are."""
    letters = 0
    for notification in NOTIFICATIONS:
        if notification.many is None:
            continue
        with doors.work(system_actor("notifications")) as work:
            told = _tell_rest(work, notification)
            if not told:
                work.abandon()
            letters += told
    return letters


def _find_ways(session: Session, notification: Notification) -> set[Channel]:
    ways = _ways_out(session) & set(notification.channels)
    return ways & get_preference(session, notification).channels if ways else ways


def _ways_out(session: Session) -> set[Channel]:
    settings = settings_of(session)
    set_up = {Channel.MAIL: settings.smtp_url, Channel.SLACK: settings.slack_webhook_url}
    return {channel for channel, url in set_up.items() if url is not None}


def _tell_users(work: Work, notification: Notification, entries: Sequence[Draft]) -> None:
    """Each user the entries are about, of all of them: from what was before the first to what is after the
    last."""
    by_user: dict[UUID, list[Draft]] = {}
    for entry in entries:
        if entry.target_kind == "user":
            by_user.setdefault(UUID(entry.target_id), []).append(entry)
    users = select(User.id, User.email, User.organization_id).where(User.id.in_(by_user), User.is_active)
    for row in work.session.execute(users.order_by(User.email)):
        mine = by_user[row.id]
        letter = notification.compose(replace(mine[-1], before=mine[0].before))
        reader = Target("user", str(row.id), row.email, row.organization_id)
        write_mail(work, reader, row.email, notification.name, letter, decided_by=mine[-1].id)


def _tell_staff(
    work: Work, notification: Notification, ways: set[Channel], entries: Sequence[Draft], unnamed: int = 0
) -> None:
    """One letter to each about these entries and ``unnamed`` more, which came before the last of them.

    Who caused an entry need not be told of it, but of the others that a letter is about.
    """
    letter, newest = compose_all(notification, entries, unnamed), entries[-1]
    cause = newest.actor_id if len(entries) + unnamed == 1 else None
    if Channel.SLACK in ways:
        write_to_chat(work, notification.name, letter, decided_by=newest.id)
    if Channel.MAIL in ways:
        for reader in _find_staff(work.session, notification, cause):
            write_mail(work, reader, reader.label, notification.name, letter, decided_by=newest.id)


def compose_all(notification: Notification, entries: Sequence[Draft], unnamed: int = 0) -> Letter:
    """The letter about one entry, or one with the number of all and a few of them by name."""
    letter = notification.compose(entries[0])
    count = len(entries) + unnamed
    if count == 1:
        return letter
    left = count - len(entries[:NAMED])
    return replace(
        letter,
        subject=f"{count:,} {notification.many}",
        paragraphs=(
            f"{count:,} {notification.many}{f', of which {NAMED} are named here' if left else ''}.",
            *letter.paragraphs[1:],
        ),
        facts=tuple((entry.target_label, entry.summary) for entry in entries[:NAMED]),
    )


def _must_wait(work: Work, notification: Notification) -> bool:
    """Whether what happens now is left to the letter of the rest: something before it is untold yet, or the
    last letter is not a quarter of an hour old.

    A letter is decided by the newest entry it is about (`_find_last_told`), so the newest of all tells both.
    One told alone after entries that wait would make them look told. Locks the head of the trail, as the work
    does next anyway: of works that come at the same time the first tells, and the others find that it did.
    """
    work.session.flush()
    lock_head(work.session)
    newest = select(AuditEntry.id, AuditEntry.at).where(AuditEntry.action.in_(notification.on))
    entry = work.session.execute(newest.order_by(AuditEntry.position.desc()).limit(1)).one_or_none()
    if entry is None or entry.at < work.now() - LOOKS_BACK:
        return False
    letters = select(func.max(Operation.created_at)).where(
        Operation.audit_entry_id == entry.id, Operation.kind.in_((mail.name, chat.name))
    )
    told_at = work.session.scalar(letters)
    return told_at is None or told_at > work.now() - AT_MOST_EVERY


def _find_last_told(work: Work, notification: Notification) -> tuple[int, datetime] | None:
    """The place in the trail of the newest entry that a letter was written about, and when it was written."""
    told = (
        select(AuditEntry.position, Operation.created_at)
        .join(Operation, Operation.audit_entry_id == AuditEntry.id)
        .where(AuditEntry.action.in_(notification.on), AuditEntry.at >= work.now() - LOOKS_BACK)
        .where(Operation.kind.in_((mail.name, chat.name)))
        .order_by(AuditEntry.position.desc())
        .limit(1)
    )
    row = work.session.execute(told).one_or_none()
    return None if row is None else (row.position, row.created_at)


def _tell_rest(work: Work, notification: Notification) -> bool:
    ways = _find_ways(work.session, notification)
    if not ways:
        return False
    position, told_at = _find_last_told(work, notification) or (0, None)
    if told_at is not None and told_at > work.now() - AT_MOST_EVERY:
        return False
    since = (
        AuditEntry.action.in_(notification.on),
        AuditEntry.position > position,
        AuditEntry.at >= work.now() - LOOKS_BACK,
    )
    newest = select(AuditEntry).where(*since).order_by(AuditEntry.position.desc()).limit(NAMED)
    entries = [
        Draft(**{name: getattr(row, name) for name in CONTENT}) for row in work.session.scalars(newest)
    ]
    if not entries:
        return False
    count = work.session.scalar(select(func.count()).where(*since)) or 0
    _tell_staff(work, notification, ways, entries[::-1], count - len(entries))
    work.keep_operations()
    return True


def _find_staff(session: Session, notification: Notification, cause: UUID | None) -> Sequence[Target]:
    """Who may do something about it, but not ``cause``, the one who caused it."""
    permission = notification.permission
    roles = [role for role, granted in ROLE_PERMISSIONS.items() if permission in granted]
    staff = select(Admin.id, Admin.email).where(Admin.disabled_at.is_(None), Admin.role.in_(roles))
    rows = session.execute(staff.order_by(Admin.email))
    return [Target("admin", str(row.id), row.email) for row in rows if row.id != cause]

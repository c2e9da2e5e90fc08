"""Sessions: who is logged in, for how long, and how that ends (guarantee 12).

The cookie is the session's token and a signed stamp of when it was last seen. The stamp lives in the cookie
because no GET changes a row; a copy of the cookie that was not renewed for the idle time is dead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    SQLColumnExpression,
    bindparam,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin, AdminSession
from adminboard.auth.tokens import hash_token, new_token
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.listings import NOW
from adminboard.core.listings.columns import AnySelect
from adminboard.core.models import SavedView, Setting
from adminboard.core.permissions import ROLE_PERMISSIONS, Role
from adminboard.core.signing import SignedTexts
from adminboard.core.thresholds import Threshold, get_threshold, note_stored_threshold
from adminboard.core.work import Work

RENEW_AFTER = timedelta(seconds=60)
LONGEST_IDLE = timedelta(hours=24)
_STAMP_PURPOSE = "session last seen"


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session in force. ``renewed_cookie`` is the text to set when the stamp has aged, else None.

    ``pages_with_views`` are the lists the admin has saved views of; most pages then need not ask for them.
    ``counts`` are the figures that were asked for, by their names.
    """

    id: UUID
    actor: Actor
    renewed_cookie: str | None
    pages_with_views: frozenset[str]
    counts: Mapping[str, int]


def _stored(threshold: Threshold) -> Label[Any]:
    return (
        select(Setting.value).where(Setting.key == threshold.value).scalar_subquery().label(threshold.value)
    )


_KNOWN = (Threshold.SESSION_TIMEOUT_HOURS, Threshold.SESSION_IDLE_HOURS, Threshold.DEFAULT_TIMEZONE)
"""Found with each session; a page then need not ask for them again."""


CountForReader = Callable[[SQLColumnExpression[UUID], SQLColumnExpression[Role]], Select[int]]
"""Selects a figure for the reader with this id and role."""


@dataclass(frozen=True, slots=True)
class LiveSessionQuery:
    """What finds a session in force; ``counted`` names the figures that it finds too, in their order."""

    statement: AnySelect
    counted: tuple[str, ...]


def select_live_session(counts: Mapping[str, CountForReader]) -> LiveSessionQuery:
    """Finds a session by ``token_hash``, in force ``now``, and with it whatever a page would else ask for in
    a statement of its own: it costs the database next to nothing, and each statement as much as the page."""
    counted = [
        count(Admin.id, Admin.role).correlate(Admin).scalar_subquery().label(f"count_{place}")
        for place, count in enumerate(counts.values())
    ]
    statement = (
        select(
            AdminSession.id,
            AdminSession.created_at,
            AdminSession.expires_at,
            AdminSession.stepped_up_at,
            Admin.id.label("admin_id"),
            Admin.email,
            Admin.role,
            Admin.time_zone,
            *(_stored(threshold) for threshold in _KNOWN),
            select(func.array_agg(SavedView.page.distinct()))
            .where(SavedView.admin_id == Admin.id)
            .scalar_subquery()
            .label("pages_with_views"),
            *counted,
        )
        .join(Admin, Admin.id == AdminSession.admin_id)
        .where(
            AdminSession.token_hash == bindparam("token_hash"),
            AdminSession.ended_at.is_(None),
            AdminSession.expires_at > NOW,
            Admin.disabled_at.is_(None),
        )
    )
    return LiveSessionQuery(statement, tuple(counts))


_WITHOUT_COUNTS = select_live_session({})


def find_live_session(
    session: Session,
    signed: SignedTexts,
    cookie: str,
    now: datetime,
    query: LiveSessionQuery = _WITHOUT_COUNTS,
) -> LiveSession | None:
    """The session a cookie proves, with its actor; None for whatever reason it is not in force. One query."""
    token, _, stamp = cookie.partition(".")
    token_hash = hash_token(token)
    seen_at = _read_stamp(signed, token_hash, stamp, now)
    if seen_at is None:
        return None
    row = session.execute(query.statement, {"token_hash": token_hash, "now": now}).one_or_none()
    if row is None:
        return None
    for threshold in _KNOWN:
        note_stored_threshold(session, threshold, getattr(row, threshold.value))
    defaults = session.info["defaults"].values
    longest = _in_force(row.session_timeout_hours, defaults, Threshold.SESSION_TIMEOUT_HOURS)
    longest_idle = _in_force(row.session_idle_hours, defaults, Threshold.SESSION_IDLE_HOURS)
    if now >= row.created_at + longest or now >= seen_at + longest_idle:
        return None
    actor = Actor(
        ActorKind.ADMIN,
        row.email,
        ROLE_PERMISSIONS[row.role],
        id=row.admin_id,
        role=row.role,
        time_zone=row.time_zone or row.default_timezone or defaults[Threshold.DEFAULT_TIMEZONE],
        proved_at=row.stepped_up_at,
        session_id=row.id,
    )
    renewed = make_cookie(signed, token, now) if now - seen_at >= RENEW_AFTER else None
    counts = dict(zip(query.counted, row[len(row) - len(query.counted) :], strict=True))
    return LiveSession(row.id, actor, renewed, frozenset(row.pages_with_views or ()), counts)


def open_session(work: Work, admin_id: UUID, device_hash: bytes) -> tuple[UUID, str]:
    """A new session, from now; returns its id and the token, which is kept nowhere."""
    session_id, token = uuid4(), new_token()
    lifetime = to_duration(get_threshold(work.session, Threshold.SESSION_TIMEOUT_HOURS))
    work.session.execute(
        insert(AdminSession).values(
            id=session_id,
            token_hash=hash_token(token),
            admin_id=admin_id,
            created_at=work.now(),
            expires_at=work.now() + lifetime,
            stepped_up_at=work.now(),
            ip_address=work.actor.ip_address,
            user_agent=work.actor.user_agent,
            device_hash=device_hash,
        )
    )
    return session_id, token


def make_cookie(signed: SignedTexts, token: str, now: datetime) -> str:
    """The cookie of a session that is seen now."""
    value = [hash_token(token).hex(), int(now.timestamp())]
    return f"{token}.{signed.sign(_STAMP_PURPOSE, value, expires_at=now + LONGEST_IDLE)}"


def end_session(work: Work, session_id: UUID) -> None:
    """Ends one session at once; nothing happens when it has ended before."""
    _end(work, AdminSession.id == session_id)


def end_session_of_cookie(work: Work, cookie: str) -> None:
    """Ends the session whose token the cookie carries, in force or not."""
    token, _, _ = cookie.partition(".")
    _end(work, AdminSession.token_hash == hash_token(token))


def end_sessions(work: Work, admin_id: UUID, *, but: UUID | None = None) -> int:
    """Ends the admin's sessions at once, all or all but one; returns how many there were."""
    meant = AdminSession.admin_id == admin_id
    if but is not None:
        meant &= AdminSession.id != but
    ended = work.session.scalars(
        update(AdminSession)
        .where(meant, AdminSession.ended_at.is_(None))
        .values(ended_at=work.now())
        .returning(AdminSession.expires_at)
    )
    return sum(1 for expires_at in ended if expires_at > work.now())


def _end(work: Work, meant: ColumnElement[bool]) -> None:
    still_open = AdminSession.ended_at.is_(None)
    work.session.execute(update(AdminSession).where(meant, still_open).values(ended_at=work.now()))


def _read_stamp(signed: SignedTexts, token_hash: bytes, stamp: str, now: datetime) -> datetime | None:
    value = signed.read(_STAMP_PURPOSE, stamp, now=now)
    if not isinstance(value, list) or len(value) != 2 or value[0] != token_hash.hex():
        return None
    return datetime.fromtimestamp(value[1], UTC)


def _in_force(stored: Any, defaults: Mapping[Threshold, Any], threshold: Threshold) -> timedelta:
    return to_duration(stored if stored is not None else defaults[threshold])


def to_duration(hours: Any) -> timedelta:
    """Hours as Settings and the environment give them (8, "0.5") as a duration, to the second."""
    return timedelta(seconds=int(Decimal(str(hours)) * 3600))

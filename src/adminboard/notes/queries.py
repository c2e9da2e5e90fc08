"""Reading notes: those on one customer or call, one of them, and what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.businesses.models import Business
from adminboard.calls.models import CallLog
from adminboard.core.audit import Target
from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask
from adminboard.core.work import remember
from adminboard.customers.lookup import get_customer
from adminboard.notes.models import Note, NoteTarget
from adminboard.users.models import User

SHOWN_NOTES = 20
MOST_NOTES = 500


class NoteUnknown(NotFound):
    """There is no such note, or it was removed."""

    title = "No such note"


class CallUnknown(NotFound):
    """No call has this id."""

    title = "No such call"


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note as its panel shows it. Its text may quote anybody, so masked readers do not get it."""

    id: UUID
    body: str | None = field(metadata={"mask": Mask.HIDDEN})
    author_name: str
    created_at: datetime
    edited_at: datetime | None
    edited_by: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class Notes:
    """The newest notes on one subject, and how many there are."""

    notes: Sequence[ShownNote]
    total: int


@dataclass(frozen=True, slots=True)
class NoteDetail:
    """One note, as the API gives it."""

    id: UUID
    target_kind: NoteTarget
    target_id: UUID
    body: str | None = field(metadata={"mask": Mask.HIDDEN})
    author_name: str
    created_at: datetime
    edited_at: datetime | None
    edited_by: str | None
    revision: int


def list_notes(session: Session, kind: NoteTarget, target_id: UUID, limit: int = SHOWN_NOTES) -> Notes:
    """The newest notes on a customer or a call. One query by index."""
    rows = session.execute(
        select(
            Note.id,
            Note.body,
            Note.author_name,
            Note.created_at,
            Note.edited_at,
            Note.edited_by,
            Note.revision,
            func.count().over().label("total"),
        )
        .where(Note.target_kind == kind, Note.target_id == target_id, Note.removed_at.is_(None))
        .order_by(Note.created_at.desc(), Note.id.desc())
        .limit(limit)
    ).all()
    return Notes([ShownNote(*row[:-1]) for row in rows], rows[0].total if rows else 0)


def get_note(session: Session, note_id: UUID, *, removed: bool = False) -> Note:
    """The note; with ``removed`` one that was removed. Raises `NoteUnknown`."""
    note = session.get(Note, note_id)
    if note is None:
        raise NoteUnknown("There is no such note.")
    if removed and note.removed_at is None:
        raise NoteUnknown("This note was not removed, so there is nothing to put back.")
    if not removed and note.removed_at is not None:
        raise NoteUnknown("This note was removed in the meantime.")
    return note


def get_note_detail(session: Session, note_id: UUID) -> NoteDetail:
    """Raises `NoteUnknown`."""
    note = get_note(session, note_id)
    return NoteDetail(
        id=note.id,
        target_kind=note.target_kind,
        target_id=note.target_id,
        body=note.body,
        author_name=note.author_name,
        created_at=note.created_at,
        edited_at=note.edited_at,
        edited_by=note.edited_by,
        revision=note.revision,
    )


def get_subject(session: Session, kind: NoteTarget, reference: str | UUID) -> Target:
    """What a note is about. Raises `CustomerUnknown` or `CallUnknown`. One query, once a transaction."""
    if kind is NoteTarget.CUSTOMER:
        return get_customer(session, reference).target
    return remember(session, ("call", str(reference)), lambda: _load_call(session, reference))


def _load_call(session: Session, reference: str | UUID) -> Target:
    """A call as audit entries name it: by business and time, since the caller's number is personal."""
    unknown = CallUnknown(f"There is no call {reference}.")
    try:
        call_id = UUID(str(reference))
    except ValueError:
        raise unknown from None
    row = session.execute(
        select(CallLog.started_at, Business.name, User.organization_id)
        .join(Business, Business.id == CallLog.business_id)
        .join(User, User.id == Business.owner_id)
        .where(CallLog.id == call_id)
    ).one_or_none()
    if row is None:
        raise unknown
    label = f"Call to {row.name}, {row.started_at:%Y-%m-%d %H:%M} UTC"
    return Target("call", str(call_id), label, row.organization_id)

"""What staff write down about a customer or a call."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped

MAX_NOTE_LENGTH = 2_000


class NoteTarget(StrEnum):
    CUSTOMER = "customer"
    CALL = "call"


class Note(Identified, Timestamped, Base):
    """A short note. Removing one only marks it, so that the removal can be undone."""

    __tablename__ = "notes"

    target_kind: Mapped[NoteTarget]
    target_id: Mapped[UUID]
    body: Mapped[str]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("board.admins.id"))
    author_name: Mapped[str]
    edited_at: Mapped[datetime | None]
    edited_by: Mapped[str | None]
    """The name of who edited it last."""
    removed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)
    """One more with each change, so that nobody changes what they have not seen."""

    __table_args__ = (
        CheckConstraint("btrim(body) <> ''", name="body_not_empty"),
        CheckConstraint("char_length(body) <= 2000", name="body_within_limit"),
        CheckConstraint("revision >= 1", name="revision_at_least_one"),
        Index("ix_notes_target", "target_kind", "target_id", "created_at", "id"),
        Index("ix_notes_created_at", "created_at", "id"),
        {"schema": BOARD},
    )

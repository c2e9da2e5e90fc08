"""What staff write down about a customer or a call."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped


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
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("btrim(body) <> ''", name="body_not_empty"),
        Index("ix_notes_target", "target_kind", "target_id", "created_at", "id"),
        {"schema": BOARD},
    )

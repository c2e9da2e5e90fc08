"""The calls the agents took."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped


class CallStatus(StrEnum):
    ANSWERED_BY_AI = "answered_by_ai"
    FORWARDED = "forwarded"
    MISSED = "missed"
    VOICEMAIL = "voicemail"
    ERROR = "error"


class CallLog(Identified, Timestamped, Base):
    """One call to a business. `caller_phone` is empty when the number was withheld."""

    __tablename__ = "call_logs"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"))
    caller_phone: Mapped[str | None]
    caller_name: Mapped[str | None]
    receiving_phone: Mapped[str]
    started_at: Mapped[datetime]
    duration_seconds: Mapped[int] = mapped_column(default=0)
    status: Mapped[CallStatus]
    ai_summary: Mapped[str | None]
    transcript: Mapped[str | None]
    recording_url: Mapped[str | None]
    notes: Mapped[str | None]

    # The text index is on an expression and not on a stored column: at ten million calls a stored vector
    # is gigabytes that every read of the table would pass over, and adding one would rewrite a table that
    # belongs to the product. 'english' finds "leaking" by "leak" and leaves stop words out; in other
    # languages it mangles the text and the search alike, so whole words still match.
    __table_args__ = (
        CheckConstraint("duration_seconds >= 0", name="duration_not_negative"),
        Index("ix_call_logs_started_at", "started_at", "id", postgresql_include=["business_id"]),
        Index("ix_call_logs_business_id", "business_id", "started_at", "id"),
        Index("ix_call_logs_status", "status", "started_at", "id"),
        Index("ix_call_logs_duration_seconds", "duration_seconds", "id"),
        Index("ix_call_logs_status_duration", "status", "duration_seconds", "id"),
        Index("ix_call_logs_caller_phone", "caller_phone", "started_at", "id"),
        Index("ix_call_logs_caller_phone_search", text("caller_phone gin_trgm_ops"), postgresql_using="gin"),
        Index("ix_call_logs_updated_at", "updated_at"),
        Index(
            "ix_call_logs_text",
            text("to_tsvector('english', (coalesce(ai_summary, '') || ' ') || coalesce(transcript, ''))"),
            postgresql_using="gin",
        ),
    )


def call_text_vector() -> ColumnElement[Any]:
    """The expression of `ix_call_logs_text`, to be matched with `@@`; any other spelling misses the index."""
    empty: ColumnElement[str] = literal_column("''")
    space: ColumnElement[str] = literal_column("' '")
    words = func.coalesce(CallLog.ai_summary, empty).op("||")(space)
    return func.to_tsvector(
        literal_column("'english'"), words.op("||")(func.coalesce(CallLog.transcript, empty))
    )

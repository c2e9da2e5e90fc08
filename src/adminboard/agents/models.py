"""The AI agents that answer for a business."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped


class AiAgent(Identified, Timestamped, Base):
    __tablename__ = "ai_agents"

    business_id: Mapped[UUID] = mapped_column(ForeignKey("businesses.id"), index=True)
    name: Mapped[str]
    tone: Mapped[str | None]
    greeting_message: Mapped[str | None]
    voice: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en-US")
    forwarding_enabled: Mapped[bool] = mapped_column(default=False)
    forwarding_number: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index("ix_ai_agents_created_at", "created_at", "id"),
        Index("ix_ai_agents_name", text("lower(name)"), "id"),
        Index("ix_ai_agents_name_prefix", text("lower(name) text_pattern_ops")),
        Index("ix_ai_agents_language", "language", "created_at", "id"),
        Index("ix_ai_agents_is_active", "is_active", "created_at", "id"),
        Index("ix_ai_agents_search", text("name gin_trgm_ops"), postgresql_using="gin"),
    )

"""Promotion codes and what users did with them."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped


class PromotionAction(StrEnum):
    VALIDATED = "validated"
    APPLIED = "applied"
    CLEARED = "cleared"
    FAILED = "failed"


class PromotionCode(Identified, Timestamped, Base):
    __tablename__ = "promotion_codes"

    code: Mapped[str] = mapped_column(unique=True)
    stripe_promotion_id: Mapped[str | None] = mapped_column(unique=True)

    __table_args__ = (
        Index("ix_promotion_codes_created_at", "created_at", "id"),
        Index("ix_promotion_codes_code", text("lower(code)"), "id"),
        Index("ix_promotion_codes_code_prefix", text("lower(code) text_pattern_ops")),
        Index("ix_promotion_codes_search", text("code gin_trgm_ops"), postgresql_using="gin"),
        Index("ix_promotion_codes_stripe_prefix", text("stripe_promotion_id text_pattern_ops")),
    )


class PromotionCodeUsage(Identified, Timestamped, Base):
    """One thing a user did with a code. The latest per user and code says where they stand."""

    __tablename__ = "promotion_code_usages"

    promotion_code_id: Mapped[UUID] = mapped_column(ForeignKey("promotion_codes.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    action: Mapped[PromotionAction]
    failure_reason: Mapped[str | None]
    stripe_invoice_id: Mapped[str | None]

    __table_args__ = (
        Index("ix_promotion_code_usages_code", "promotion_code_id", "created_at", "id"),
        Index("ix_promotion_code_usages_code_action", "promotion_code_id", "action", "created_at", "id"),
        Index(
            "ix_promotion_code_usages_code_user",
            *("promotion_code_id", "user_id", "created_at", "id"),
            postgresql_include=["action"],
        ),
        Index("ix_promotion_code_usages_action", "action", "created_at", "id"),
        Index("ix_promotion_code_usages_user", "user_id", "created_at", "id"),
        Index("ix_promotion_code_usages_created_at", "created_at", "id"),
    )

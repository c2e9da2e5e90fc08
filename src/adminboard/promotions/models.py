"""Promotion codes and what users did with them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped


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


class PromotionFigures(Base):
    """How much a code is used: what its list shows and sorts by. Refreshed by a job.

    `users` counts those whose latest action with the code is that they applied it; `uses` counts what was
    ever applied. A code without a row has not been tried yet. No foreign key: the job must not fight the
    product's writes over locks on the codes.
    """

    __tablename__ = "promotion_figures"

    promotion_code_id: Mapped[UUID] = mapped_column(primary_key=True)
    users: Mapped[int] = mapped_column(default=0)
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]
    refreshed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("users BETWEEN 0 AND uses", name="users_among_uses"),
        CheckConstraint("(uses > 0) = (last_used_at IS NOT NULL)", name="last_use_known"),
        Index("ix_promotion_figures_users", "users", "promotion_code_id"),
        Index("ix_promotion_figures_uses", "uses", "promotion_code_id"),
        Index("ix_promotion_figures_last_used_at", "last_used_at", "promotion_code_id"),
        {"schema": BOARD},
    )

"""The people who use the product."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import BOARD, Base, Identified, Timestamped


class OnboardingStatus(StrEnum):
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class User(Identified, Timestamped, Base):
    """A person. `organization_id` is the organization that pays for them; their plan is its plan."""

    __tablename__ = "users"

    email: Mapped[str]
    full_name: Mapped[str | None]
    google_id: Mapped[str | None] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    onboarding_status: Mapped[OnboardingStatus] = mapped_column(default=OnboardingStatus.NOT_STARTED)
    last_login_at: Mapped[datetime | None]
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))

    # Two letters hold no trigram, so short terms are matched as a prefix: that takes the pattern indexes,
    # which in turn cannot sort where the database's collation is not C.
    __table_args__ = (
        Index("uq_users_email", text("lower(email)"), unique=True),
        Index("ix_users_created_at", "created_at", "id"),
        Index("ix_users_email", text("lower(email)"), "id"),
        Index("ix_users_full_name", text("lower(full_name)"), "id"),
        Index("ix_users_last_login_at", "last_login_at", "id"),
        Index("ix_users_is_active", "is_active", "id"),
        Index("ix_users_is_active_created_at", "is_active", "created_at", "id"),
        Index("ix_users_organization_id", "organization_id", "created_at", "id"),
        Index("ix_users_email_prefix", text("lower(email) text_pattern_ops")),
        Index("ix_users_full_name_prefix", text("lower(full_name) text_pattern_ops")),
        Index(
            "ix_users_search",
            text("email gin_trgm_ops"),
            text("full_name gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


class UserFigures(Base):
    """What lists show or sort by and would be too slow to count on the way. Refreshed by a job.

    A user without a row has made no calls yet. No foreign key: the job must not fight the product's
    writes over locks on users.
    """

    __tablename__ = "user_figures"

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    calls_30d: Mapped[int] = mapped_column(default=0)
    refreshed_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("calls_30d >= 0", name="calls_30d_not_negative"),
        Index("ix_user_figures_calls_30d", "calls_30d", "user_id"),
        {"schema": BOARD},
    )

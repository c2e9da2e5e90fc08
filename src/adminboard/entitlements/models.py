"""What plans include, and the exceptions staff made."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.db.base import Base, Identified, Timestamped


class Feature(Identified, Timestamped, Base):
    __tablename__ = "features"

    feature_key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str | None]
    category: Mapped[str | None]
    is_critical: Mapped[bool] = mapped_column(default=False)


class PlanFeature(Identified, Timestamped, Base):
    """The plan includes the feature."""

    __tablename__ = "plan_features"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    feature_id: Mapped[UUID] = mapped_column(ForeignKey("features.id"), index=True)

    __table_args__ = (UniqueConstraint("plan_id", "feature_id"),)


TRAIL = r"^\[ADMIN: .*? @ [^]]*\] "
"""What stored notes begin with, for PostgreSQL and Python alike: what follows is what somebody wrote."""


class UserFeatureOverride(Identified, Timestamped, Base):
    """Access granted or revoked for one user, whatever the plan says. Counts until `expires_at`."""

    __tablename__ = "user_feature_overrides"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    feature_id: Mapped[UUID] = mapped_column(ForeignKey("features.id"), index=True)
    has_access: Mapped[bool]
    expires_at: Mapped[datetime | None]
    notes: Mapped[str]
    """Begins with the trail `[ADMIN: name @ ISO time]` (`TRAIL`)."""
    created_by: Mapped[str]
    updated_by: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("user_id", "feature_id"),
        Index("ix_user_feature_overrides_created_at", "created_at", "id"),
        Index("ix_user_feature_overrides_expires_at", "expires_at", "id"),
    )


class PlanOverride(Identified, Timestamped, Base):
    """A plan given to a paying organization in place of its own, from `created_at` until `valid_until`.

    Ended early by moving `valid_until`. Never two at a time: whoever writes one sets `created_at`.
    """

    __tablename__ = "plan_overrides"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"), index=True)
    valid_until: Mapped[datetime | None]
    reason: Mapped[str]
    created_by: Mapped[str]

    __table_args__ = (
        CheckConstraint("valid_until >= created_at", name="ends_after_start"),
        ExcludeConstraint(
            ("organization_id", "="),
            (func.tstzrange(text("created_at"), text("valid_until")), "&&"),
            name="ex_plan_overrides_one_at_a_time",
            using="gist",
        ),
        Index("ix_plan_overrides_organization_id", "organization_id", "created_at"),
        Index("ix_plan_overrides_valid_until", "valid_until", "id"),
    )

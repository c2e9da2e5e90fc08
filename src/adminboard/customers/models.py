"""Organizations, which pay, and the memberships of people in them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adminboard.core.listings import Records
from adminboard.db.base import Base, Identified, Timestamped


class OrganizationStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class MembershipRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class MembershipStatus(StrEnum):
    ACTIVE = "active"
    INVITED = "invited"
    REMOVED = "removed"


class Organization(Identified, Timestamped, Base):
    """A customer: whoever pays. Suspension cuts the access of the users whose payer it is."""

    __tablename__ = "organizations"

    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    status: Mapped[OrganizationStatus] = mapped_column(default=OrganizationStatus.ACTIVE)
    suspended_at: Mapped[datetime | None]
    suspension_reason: Mapped[str | None]
    stripe_customer_id: Mapped[str | None] = mapped_column(unique=True)
    stripe_default_payment_method_id: Mapped[str | None]
    """What Stripe collects from, whether that payment method has come here yet or not."""
    stripe_deleted_at: Mapped[datetime | None]
    """When the customer was deleted in Stripe: what they paid with is gone, their history stays."""
    stripe_state_at: Mapped[datetime | None]
    """The moment of the state of Stripe's customer that this row shows."""
    billing_email: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(default="UTC")
    """An IANA name."""

    __table_args__ = (
        CheckConstraint(
            "status <> 'suspended' OR (suspended_at IS NOT NULL AND suspension_reason IS NOT NULL)",
            name="suspension_has_reason",
        ),
        Index("ix_organizations_created_at", "created_at", "id"),
        Index("ix_organizations_name", text("lower(name)"), "id"),
        Index("ix_organizations_name_prefix", text("lower(name) text_pattern_ops")),
        Index("ix_organizations_slug_prefix", text("lower(slug) text_pattern_ops")),
        Index("ix_organizations_status", "status", "created_at", "id"),
        Index(
            "ix_organizations_search",
            text("name gin_trgm_ops"),
            text("slug gin_trgm_ops"),
            postgresql_using="gin",
        ),
    )


class Membership(Identified, Timestamped, Base):
    """A person's place in an organization. Who pays for the person is `User.organization_id`."""

    __tablename__ = "memberships"

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[MembershipRole] = mapped_column(default=MembershipRole.MEMBER)
    status: Mapped[MembershipStatus] = mapped_column(default=MembershipStatus.ACTIVE)
    last_activity_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("organization_id", "user_id"),
        # With the status beside it, so that active members are counted from the index alone.
        Index(
            "ix_memberships_organization_id",
            "organization_id",
            "last_activity_at",
            "id",
            postgresql_include=["status"],
        ),
        Index("ix_memberships_last_activity_at", "last_activity_at", "id"),
        Index("ix_memberships_created_at", "created_at", "id"),
    )


customer_records = Records(Organization.id, Organization.name)
"""Organizations by name, for lists that a link narrows to one of them."""


def customer_named(name: str) -> ColumnElement[Any]:
    """The id, as SQL, of the organization that goes by this slug or Stripe id."""
    called = Organization.__table__.alias("named_customer")
    matches = or_(called.c.slug == name, called.c.stripe_customer_id == name)
    return select(called.c.id).where(matches).limit(1).scalar_subquery()

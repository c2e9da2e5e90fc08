"""One membership with everything its panel shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask
from adminboard.customers.models import Membership, Organization
from adminboard.users.models import User


class MembershipUnknown(NotFound):
    """No membership has this id."""

    title = "No such member"


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """A person's place in an organization, and who pays for the person, which may be another one: whoever
    that is gives access, and takes it when they are suspended."""

    id: UUID
    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    is_active: bool
    organization_id: UUID
    organization_name: str
    role: str
    status: str
    payer_id: UUID
    payer_name: str
    payer_status: str
    joined_at: datetime
    last_login_at: datetime | None
    last_activity_at: datetime | None


def get_member_detail(session: Session, membership_id: UUID) -> MemberDetail:
    """One query. Raises `MembershipUnknown`."""
    payer = aliased(Organization)
    row = session.execute(
        select(
            Membership.id,
            Membership.user_id,
            User.email,
            User.full_name,
            User.is_active,
            Organization.id.label("organization_id"),
            Organization.name.label("organization_name"),
            Membership.role,
            Membership.status,
            payer.id.label("payer_id"),
            payer.name.label("payer_name"),
            payer.status.label("payer_status"),
            Membership.created_at.label("joined_at"),
            User.last_login_at,
            Membership.last_activity_at,
        )
        .join(User, User.id == Membership.user_id)
        .join(Organization, Organization.id == Membership.organization_id)
        .join(payer, payer.id == User.organization_id)
        .where(Membership.id == membership_id)
    ).one_or_none()
    if row is None:
        raise MembershipUnknown(f"There is no membership {membership_id}.")
    return MemberDetail(**row._mapping)

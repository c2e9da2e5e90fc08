"""One override with whose it is and what it does."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.errors import NotFound
from adminboard.core.masking import Mask
from adminboard.entitlements.access import get_access
from adminboard.entitlements.answers import FeatureAccess
from adminboard.entitlements.models import Feature, UserFeatureOverride


class OverrideUnknown(NotFound):
    """There is no such override."""

    title = "No such override"


@dataclass(frozen=True, slots=True)
class OverrideDetail:
    """Everything the panel shows; ``access`` has the override itself and what led to the answer."""

    id: UUID
    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    is_active: bool | None
    organization_id: UUID
    organization_name: str
    plan: str | None
    access: FeatureAccess


def get_override_detail(session: Session, override_id: UUID) -> OverrideDetail:
    """Three queries. Raises `OverrideUnknown`."""
    found = session.execute(
        select(UserFeatureOverride.user_id, Feature.feature_key)
        .join(Feature, Feature.id == UserFeatureOverride.feature_id)
        .where(UserFeatureOverride.id == override_id)
    ).one_or_none()
    if found is None:
        raise OverrideUnknown("There is no override of this id. It may have expired or been removed.")
    user = get_access(session, found.user_id)
    return OverrideDetail(
        id=override_id,
        user_id=user.user_id,
        email=user.email,
        full_name=user.full_name,
        is_active=user.is_active,
        organization_id=user.organization_id,
        organization_name=user.organization_name,
        plan=user.plan,
        access=user.get_feature(found.feature_key),
    )

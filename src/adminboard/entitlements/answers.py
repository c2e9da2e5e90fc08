"""What is told about access: one answer for each feature, gathered for each user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from adminboard.core.errors import NotFound
from adminboard.core.listings.columns import AnyRow
from adminboard.core.masking import Mask
from adminboard.entitlements.explaining import Step, explain, find_plan_end, find_plan_name, find_reason
from adminboard.entitlements.models import TRAIL
from adminboard.entitlements.rules import Decision


class FeatureUnknown(NotFound):
    """No feature has this key."""

    title = "No such feature"


@dataclass(frozen=True, slots=True)
class OverrideState:
    """An override as it is kept; of the past only its access and its expiry are known."""

    id: UUID | None
    has_access: bool
    expires_at: datetime | None
    is_expired: bool
    notes: str | None = field(metadata={"mask": Mask.HIDDEN})
    created_at: datetime | None
    created_by: str | None
    updated_at: datetime | None
    updated_by: str | None

    @property
    def note(self) -> str | None:
        """The notes without their trail: what whoever wrote them typed."""
        return re.sub(TRAIL, "", self.notes) if self.notes else self.notes


@dataclass(frozen=True, slots=True)
class FeatureAccess:
    """The answer for one feature, with each step that led to it.

    ``has_access`` and ``plan_default`` are None where that is not recorded. ``until`` is when the answer may
    change by itself; None where only somebody's doing changes it.
    """

    feature_id: UUID
    feature_key: str
    name: str
    category: str | None
    is_critical: bool
    has_access: bool | None
    decision: Decision
    because: str
    until: datetime | None
    plan_default: bool | None
    override: OverrideState | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class UserAccess:
    """Whose access, as of when, the plan in force and every feature. Names and address are today's.

    ``is_active`` is None for the past, of which it is not recorded. ``plan`` is the plan in force;
    ``plan_override_id`` says which override gives it, when one does.
    """

    user_id: UUID
    email: str = field(metadata={"mask": Mask.EMAIL})
    full_name: str | None
    organization_id: UUID
    organization_name: str
    at: datetime
    is_active: bool | None
    organization_status: str | None
    subscription_status: str | None
    paid_plan: str | None
    plan: str | None
    plan_override_id: UUID | None
    plan_until: datetime | None
    is_plan_recorded: bool
    features: tuple[FeatureAccess, ...]

    @property
    def plan_features(self) -> tuple[FeatureAccess, ...]:
        """What the plan in force includes."""
        return tuple(feature for feature in self.features if feature.plan_default)

    def get_feature(self, feature_key: str) -> FeatureAccess:
        """Raises `FeatureUnknown`."""
        for feature in self.features:
            if feature.feature_key == feature_key:
                return feature
        known = ", ".join(sorted(feature.feature_key for feature in self.features))
        raise FeatureUnknown(f"There is no feature {feature_key}. There are: {known}.")


def make_answers(rows: Iterable[AnyRow], at: datetime) -> list[UserAccess]:
    """The rows of `rules.access_to_features`, asked for the moment ``at``, a user each."""
    return [_make_user(list(group), at) for _, group in groupby(rows, key=lambda row: row.user_id)]


def _make_user(rows: Sequence[AnyRow], at: datetime) -> UserAccess:
    row = rows[0]
    return UserAccess(
        user_id=row.user_id,
        email=row.email,
        full_name=row.full_name,
        organization_id=row.organization_id,
        organization_name=row.organization_name,
        at=at,
        is_active=row.is_active,
        organization_status=row.organization_status,
        subscription_status=row.subscription_status,
        paid_plan=row.paid_plan,
        plan=find_plan_name(row),
        plan_override_id=row.plan_override_id if row.is_plan_overridden else None,
        plan_until=find_plan_end(row),
        is_plan_recorded=row.is_plan_recorded,
        features=tuple(_make_feature(item, at) for item in rows if item.feature_id is not None),
    )


def _make_feature(row: AnyRow, at: datetime) -> FeatureAccess:
    steps = explain(row, at)
    reason = find_reason(row, steps)
    return FeatureAccess(
        feature_id=row.feature_id,
        feature_key=row.feature_key,
        name=row.feature,
        category=row.category,
        is_critical=row.is_critical,
        has_access=row.has_access,
        decision=Decision(row.decision),
        because=reason.finding,
        until=reason.until if reason.until is not None and reason.until > at else None,
        plan_default=row.plan_default,
        override=_make_override(row, at),
        steps=steps,
    )


def _make_override(row: AnyRow, at: datetime) -> OverrideState | None:
    if row.override_has_access is None:
        return None
    return OverrideState(
        id=row.override_id,
        has_access=row.override_has_access,
        expires_at=row.expires_at,
        is_expired=row.expires_at is not None and row.expires_at <= at,
        notes=row.notes,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )

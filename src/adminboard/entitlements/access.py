"""Who may use which feature and why: of one user, of many, at a past moment, or if something were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from adminboard.core.work import moment
from adminboard.entitlements.answers import FeatureAccess, UserAccess, make_answers
from adminboard.entitlements.history import find_past
from adminboard.entitlements.rules import access_to_features
from adminboard.entitlements.standing import (
    overrides_given,
    overrides_now,
    plain_override,
    standing_given,
    standing_now,
)
from adminboard.users.lookup import get_user
from adminboard.users.models import User

_THIS_USER = User.id == bindparam("user_id")
_NOW = access_to_features(standing_now(_THIS_USER), overrides_now())
_OF_MANY = access_to_features(
    standing_now(User.id.in_(bindparam("user_ids", expanding=True))), overrides_now()
)
_SUPPOSED = access_to_features(standing_now(_THIS_USER), overrides_given())
_PAST = access_to_features(standing_given(), overrides_given())


def explain_access(
    session: Session, reference: str | UUID, feature_key: str, at: datetime | None = None
) -> FeatureAccess:
    """Whether the user may use the feature, and why. Raises `UserUnknown`, `FeatureUnknown`."""
    return get_access(session, reference, at).get_feature(feature_key)


def get_access(session: Session, reference: str | UUID, at: datetime | None = None) -> UserAccess:
    """Every feature of one user, now or at a past moment.

    Two queries, of which one finds the user and one answers for all features; up to eight more for the past.
    Raises `UserUnknown`, `history.BeforeSignUp`.
    """
    user = get_user(session, reference)
    now = moment(session)
    if at is None or at >= now:
        found = _ask(session, _NOW, now, {"user_id": user.id})
    else:
        found = _ask(session, _PAST, at, find_past(session, user.id, at))
    return found[0]


def list_access(session: Session, user_ids: Sequence[UUID]) -> list[UserAccess]:
    """Every feature of each of these users, in the order of their ids. One query, however many they are."""
    return _ask(session, _OF_MANY, moment(session), {"user_ids": list(user_ids)})


def suppose_override(
    session: Session, user_id: UUID, feature_id: UUID, has_access: bool | None, expires_at: datetime | None
) -> FeatureAccess:
    """What the answer for a feature would be with this override in place of any, or with none. One query."""
    supposed = [] if has_access is None else [plain_override(feature_id, has_access, expires_at)]
    found = _ask(session, _SUPPOSED, moment(session), {"user_id": user_id, "overrides": supposed})
    return next(item for item in found[0].features if item.feature_id == feature_id)


def _ask(session: Session, statement: Any, at: datetime, parameters: Mapping[str, Any]) -> list[UserAccess]:
    return make_answers(session.execute(statement, {**parameters, "now": at}), at)

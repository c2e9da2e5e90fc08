"""Overrides of the past, as the audit trail tells them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.audit_models import AuditEntry
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.entitlements.standing import plain_override

SET, REMOVE, RESTORE, EXPIRE = (
    f"entitlements.{verb}_override" for verb in ("set", "remove", "restore", "expire")
)
"""Whatever changes an override, by its word in the audit log."""

_State = Mapping[str, Any] | None


def describe_change(feature_id: UUID, before: _State, after: _State) -> dict[str, Any]:
    """What an audit entry records of a change, for `list_past_overrides` to read back."""
    return {"feature_id": feature_id, "replaced": _describe(before), "override": _describe(after)}


def _describe(override: _State) -> dict[str, Any] | None:
    if override is None:
        return None
    return {name: override[name] for name in ("has_access", "expires_at")}


def list_past_overrides(session: Session, user_id: UUID, at: datetime) -> list[dict[str, Any]]:
    """The user's overrides at a moment, as `standing.overrides_given` takes them. Two queries.

    By the last change before; else by what the first change after it replaced; else by the override that is
    there, if it was not touched since. What none of these knows is listed as not recorded.
    """
    states = _find_states(session, user_id, at)
    kept = select(UserFeatureOverride).where(UserFeatureOverride.user_id == user_id)
    for override in session.scalars(kept):
        feature = str(override.feature_id)
        if feature not in states and override.created_at <= at:
            is_same = override.updated_at <= at
            states[feature] = _plain(override, is_recorded=is_same)
    return [state for state in states.values() if state is not None]


def _find_states(session: Session, user_id: UUID, at: datetime) -> dict[str, dict[str, Any] | None]:
    """By the trail: the state of each feature it tells of, None where there was no override."""
    entries = session.execute(
        select(AuditEntry.at, AuditEntry.after)
        .where(
            AuditEntry.target_kind == "user",
            AuditEntry.target_id == str(user_id),
            AuditEntry.action.in_((SET, REMOVE, RESTORE, EXPIRE)),
        )
        .order_by(AuditEntry.position)
    )
    states: dict[str, dict[str, Any] | None] = {}
    for entry in entries:
        told = entry.after or {}
        feature = told.get("feature_id")
        if feature is not None and (entry.at <= at or feature not in states):
            state = told.get("override") if entry.at <= at else told.get("replaced")
            states[feature] = {"feature_id": feature, "is_recorded": True, **state} if state else None
    return states


def _plain(override: UserFeatureOverride, *, is_recorded: bool) -> dict[str, Any]:
    if not is_recorded:
        return plain_override(override.feature_id, None, None, is_recorded=False)
    return plain_override(override.feature_id, override.has_access, override.expires_at)

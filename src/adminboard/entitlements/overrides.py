"""What the changes of an override have in common: finding the place, showing and recording what changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.actions import Applied, Caution, Change, Preview, Undo
from adminboard.core.errors import DomainError
from adminboard.core.thresholds import Threshold, is_switched_on
from adminboard.core.work import Work, lock_by_name
from adminboard.entitlements.access import get_access, suppose_override
from adminboard.entitlements.answers import FeatureAccess, OverrideState
from adminboard.entitlements.commands import RemoveOverride, RestoreOverride, SetOverride
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.entitlements.override_history import REMOVE, RESTORE, describe_change
from adminboard.entitlements.rules import Decision
from adminboard.users.lookup import UserIdentity, get_active_user, get_user, remember_users

AnyChange = TypeVar("AnyChange", SetOverride, RemoveOverride)
KEPT = (
    "id", "has_access", "expires_at", "notes", "created_at", "created_by", "updated_at", "updated_by",
)  # fmt: skip
"""Everything of an override that putting it back needs."""


class OverrideChanged(DomainError):
    """Somebody changed the override after it was looked at here."""

    title = "This override was changed in the meantime"


@dataclass(frozen=True, slots=True)
class Place:
    """One feature of one user, as a change finds it."""

    user: UserIdentity
    access: FeatureAccess

    @property
    def override(self) -> OverrideState | None:
        return self.access.override

    def is_kept(self, has_access: bool | None) -> bool:
        """Whether the override says this already, so that only its end or its notes would change."""
        override = self.override
        return override is not None and not override.is_expired and override.has_access is has_access

    @property
    def called(self) -> str:
        return f"{self.access.name} for {self.user.email}"


def lock_overrides(work: Work, command: SetOverride | RemoveOverride | RestoreOverride) -> None:
    """Changes of one user's overrides wait for each other, those that make one too. Raises `UserUnknown`."""
    _lock_overrides_of(work, get_user(work.session, command.user).id)


def prepare_overrides(session: Session, commands: Sequence[AnyChange]) -> None:
    """Reads the users of many changes in two statements."""
    remember_users(session, {command.user for command in commands})


def lock_many_overrides(work: Work, commands: Sequence[AnyChange]) -> None:
    """Locks the overrides of many users, in the order of their ids."""
    users = remember_users(work.session, {command.user for command in commands})
    for user_id in sorted({user.id for user in users}):
        _lock_overrides_of(work, user_id)


def _lock_overrides_of(work: Work, user_id: UUID) -> None:
    """The rows are locked besides the name, so that the job that removes expired ones leaves them alone."""
    lock_by_name(work, f"overrides {user_id}")
    theirs = select(UserFeatureOverride.id).where(UserFeatureOverride.user_id == user_id)
    work.session.execute(theirs.with_for_update())


def find_place(session: Session, command: SetOverride | RemoveOverride | RestoreOverride) -> Place:
    """Raises `UserUnknown`, `InactiveUser`, `FeatureUnknown`. Two queries."""
    user = get_active_user(session, command.user, "overrides of inactive users cannot be changed")
    return Place(user, get_access(session, user.id).get_feature(command.feature_key))


def find_row(session: Session, place: Place) -> UserFeatureOverride | None:
    """The override of the place, to be changed."""
    return session.scalar(
        select(UserFeatureOverride).where(
            UserFeatureOverride.user_id == place.user.id,
            UserFeatureOverride.feature_id == place.access.feature_id,
        )
    )


def require_same(place: Place, seen: datetime | None) -> None:
    """Raises `OverrideChanged` unless the override is the one that was last changed at ``seen``."""
    override = place.override
    if override is None:
        raise OverrideChanged("This override was removed in the meantime. Nothing was changed.")
    if override.updated_at != seen:
        raise OverrideChanged(
            f"{override.updated_by or override.created_by} changed this override in the meantime. "
            "Look at it again. Nothing was changed."
        )


def make_preview(
    session: Session,
    place: Place,
    has_access: bool | None,
    expires_at: datetime | None,
    warnings: tuple[Caution, ...] = (),
) -> Preview:
    """What an override in place of any, or none, would change. Two queries."""
    before = place.access
    after = suppose_override(session, place.user.id, before.feature_id, has_access, expires_at)
    state = place.override.updated_at if place.override is not None else None
    return Preview(
        subject=place.user.target,
        changes=_show_changes(before, after),
        warnings=(*warnings, *_warn_of_suspension(after)),
        facts={"feature": before.feature_key, "state": state},
        needs_approval=_find_approval(session, before),
    )


def make_applied(
    place: Place, former: Mapping[str, Any] | None, row: UserFeatureOverride | None, summary: str
) -> Applied:
    """What was done, with what takes it back: from the ``former`` override, as `keep` gave it, to ``row``."""
    result = {
        "user_id": place.user.id,
        "feature_key": place.access.feature_key,
        "override": keep(row),
    }
    record = describe_change(place.access.feature_id, former, keep(row))
    return Applied(result, summary, _take_back(place, former, row), record)


def keep(row: UserFeatureOverride | None) -> dict[str, Any] | None:
    """An override as it is, by the names of `KEPT`; None for none."""
    return {name: getattr(row, name) for name in KEPT} if row is not None else None


def _take_back(place: Place, former: Mapping[str, Any] | None, row: UserFeatureOverride | None) -> Undo:
    named: dict[str, Any] = {
        "user": str(place.user.id),
        "feature_key": place.access.feature_key,
        "seen": row.updated_at if row is not None else None,
    }
    if former is not None:
        return Undo(RESTORE, RestoreOverride(**named, **former))
    return Undo(REMOVE, RemoveOverride(**named, reason=f"Undo of the override of {place.access.name}"[:500]))


def _show_changes(before: FeatureAccess, after: FeatureAccess) -> tuple[Change, ...]:
    """The final access, the override, its end where that differs, and what the plan says by itself."""
    old, new = before.override, after.override
    ends = (old.expires_at if old else None, new.expires_at if new else None)
    expiry = (Change("Expires", *ends, cell="datetime"),) if ends[0] != ends[1] else ()
    return (
        Change("Access", before.has_access, after.has_access),
        Change("Override", _word(old), _word(new)),
        *expiry,
        Change("Plan default", before.plan_default, after.plan_default),
    )


def _word(override: OverrideState | None) -> str | None:
    if override is None:
        return None
    if override.is_expired:
        return "expired"
    return "grant" if override.has_access else "revoke"


def _warn_of_suspension(after: FeatureAccess) -> tuple[Caution, ...]:
    if after.decision is not Decision.SUSPENDED:
        return ()
    return (Caution("suspended", f"{after.because} Until that ends nothing gives access."),)


def _find_approval(session: Session, feature: FeatureAccess) -> str | None:
    if not feature.is_critical or not is_switched_on(session, Threshold.APPROVAL_CRITICAL_FEATURES):
        return None
    return f"{feature.name} is a critical feature: changing who has it needs the approval of a second admin."

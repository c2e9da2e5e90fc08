"""Putting an override back as it was: the undo of replacing or removing one."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Preview, Undo
from adminboard.core.audit_models import AuditEntry
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.entitlements.commands import RestoreOverride
from adminboard.entitlements.features import list_feature_options
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.entitlements.override_history import RESTORE
from adminboard.entitlements.overrides import (
    KEPT,
    OverrideChanged,
    Place,
    find_place,
    find_row,
    keep,
    lock_overrides,
    make_applied,
    make_preview,
    require_same,
)
from adminboard.users.lookup import find_user_named


class NeverThere(DomainError):
    """An override is put back only as the audit log says that it was."""

    title = "There was no such override"


def preview_restoring(session: Session, command: RestoreOverride) -> Preview:
    """Raises `UserUnknown`, `InactiveUser`, `FeatureUnknown`, `NeverThere`, `OverrideChanged`."""
    place = _find_left(session, command)
    return make_preview(session, place, command.has_access, command.expires_at)


def apply_restoring(work: Work, command: RestoreOverride) -> Applied:
    """Writes the override as it was, its notes, author and times too. Its undo is the way back again."""
    place = _find_left(work.session, command)
    row = find_row(work.session, place)
    former = keep(row)
    if row is None:
        row = UserFeatureOverride(user_id=place.user.id, feature_id=place.access.feature_id)
        work.session.add(row)
    for name in KEPT:
        setattr(row, name, getattr(command, name))
    work.session.flush()
    return make_applied(place, former, row, f"Put the override of {place.called} back")


def _find_left(session: Session, command: RestoreOverride) -> Place:
    """The place as the change that is undone left it."""
    place = find_place(session, command)
    _require_recorded(session, place, command)
    if command.seen is not None:
        require_same(place, command.seen)
    elif place.override is not None:
        raise OverrideChanged(
            "There is a new override by now. Remove it first, if it is to go. Nothing was changed."
        )
    return place


def _require_recorded(session: Session, place: Place, command: RestoreOverride) -> None:
    """Nobody may write notes in the name of another: the very undo must stand in the audit log."""
    recorded = exists().where(
        AuditEntry.target_kind == "user",
        AuditEntry.target_id == str(place.user.id),
        AuditEntry.undo == Undo(RESTORE, command).to_data(),
    )
    if not session.scalar(select(recorded)):
        raise NeverThere("The audit log knows of no such override. Grant or revoke the feature instead.")


restore_override = Action(
    name=RESTORE,
    title="Put an override back",
    command=RestoreOverride,
    preview=preview_restoring,
    apply=apply_restoring,
    permission=Permission.ENTITLEMENTS_WRITE,
    lock=lock_overrides,
    confirm_label=lambda *_: "Put the override back",
    subject=find_user_named,
    offers={"feature_key": list_feature_options},
    live=False,
)

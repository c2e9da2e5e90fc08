"""What staff may do about one feature of one user: grant or revoke it, or leave it to the plan again."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Bulk, Caution, Preview, RestCall
from adminboard.core.commands import require_future
from adminboard.core.errors import NotFound
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.entitlements.access import explain_access
from adminboard.entitlements.commands import RemoveOverride, SetOverride
from adminboard.entitlements.features import list_feature_options
from adminboard.entitlements.models import UserFeatureOverride
from adminboard.entitlements.override_detail import OverrideUnknown
from adminboard.entitlements.override_history import REMOVE, SET
from adminboard.entitlements.overrides import (
    Place,
    find_place,
    find_row,
    keep,
    lock_many_overrides,
    lock_overrides,
    make_applied,
    make_preview,
    prepare_overrides,
    require_same,
)
from adminboard.users.lookup import find_user_named


def begin_setting(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """The override as it is, to be edited, where the link that opened the form names one."""
    try:
        access = explain_access(session, given.get("user", ""), given.get("feature_key", ""))
    except NotFound:
        return {}
    override = access.override
    if override is None or override.is_expired:
        return {}
    until = {"expires_at": override.expires_at.isoformat()} if override.expires_at is not None else {}
    return {"has_access": str(override.has_access).lower(), "notes": override.note or "", **until}


def preview_setting(session: Session, command: SetOverride) -> Preview:
    """Raises `UserUnknown`, `InactiveUser`, `FeatureUnknown`, `NotInTheFuture`."""
    place = find_place(session, command)
    require_future(command.expires_at, moment(session), "expires_at")
    warnings = _warn_of_setting(command, place)
    return make_preview(session, place, command.has_access, command.expires_at, warnings)


def apply_setting(work: Work, command: SetOverride) -> Applied:
    """Writes the override, in place of the one there is. Its undo restores that one, or removes the new."""
    place = find_place(work.session, command)
    row = find_row(work.session, place)
    former = keep(row)
    author, now = work.actor.name, work.now()
    if row is None:
        row = UserFeatureOverride(
            user_id=place.user.id, feature_id=place.access.feature_id, created_by=author, created_at=now
        )
        work.session.add(row)
    else:
        row.updated_by = author
    row.has_access, row.expires_at, row.updated_at = command.has_access, command.expires_at, now
    row.notes = f"[ADMIN: {author} @ {now.isoformat(timespec='seconds')}] {command.notes}"
    work.session.flush()
    if place.is_kept(command.has_access):
        return make_applied(place, former, row, f"Changed the override of {place.called}")
    verb = "Granted" if command.has_access else "Revoked"
    return make_applied(place, former, row, f"{verb} {place.called}")


def preview_removal(session: Session, command: RemoveOverride) -> Preview:
    """Raises `UserUnknown`, `InactiveUser`, `FeatureUnknown`, `OverrideUnknown`, `OverrideChanged`."""
    place = _find_overridden(session, command)
    return make_preview(session, place, None, None)


def apply_removal(work: Work, command: RemoveOverride) -> Applied:
    """Deletes the override, so that the plan decides. Its undo puts it back as it was."""
    place = _find_overridden(work.session, command)
    row = find_row(work.session, place)
    assert row is not None, "the place is overridden, and its user's overrides are locked"
    former = keep(row)
    work.session.execute(delete(UserFeatureOverride).where(UserFeatureOverride.id == row.id))
    return make_applied(place, former, None, f"Removed the override of {place.called}")


def _find_overridden(session: Session, command: RemoveOverride) -> Place:
    place = find_place(session, command)
    if place.override is None:
        raise OverrideUnknown(f"There is no override of {place.called}: the plan decides already.")
    if command.seen is not None:
        require_same(place, command.seen)
    return place


def _warn_of_setting(command: SetOverride, place: Place) -> tuple[Caution, ...]:
    """What to know before (domain: "Feature access"); ``critical_feature`` must be acknowledged."""
    feature, warnings = place.access, []
    if command.has_access and feature.plan_default:
        message = "The plan includes this feature already: the grant changes nothing while it does."
        warnings.append(Caution("redundant", message))
    if not command.has_access and feature.is_critical:
        message = f"{feature.name} is a critical feature: without it the product may not work for this user."
        warnings.append(Caution("critical_feature", message, must_acknowledge=True))
    if command.expires_at is None:
        warnings.append(Caution("no_expiry", "It does not expire: it counts until somebody removes it."))
    return tuple(warnings)


def _label_setting(command: SetOverride, preview: Preview) -> str:
    if any(change.field == "Override" and change.before == change.after for change in preview.changes):
        return "Change the override"
    return "Grant the feature" if command.has_access else "Revoke the feature"


set_override = Action(
    name=SET,
    title="Grant or revoke a feature",
    also_called=("grant a feature", "give a feature", "revoke a feature", "feature override"),
    command=SetOverride,
    preview=preview_setting,
    apply=apply_setting,
    permission=Permission.ENTITLEMENTS_WRITE,
    lock=lock_overrides,
    confirm_label=_label_setting,
    rest=RestCall(
        "PUT",
        "/users/{user}/overrides/{feature_key}",
        "Grant a user a feature, or revoke it, whatever the plan says",
        example={
            "has_access": True,
            "expires_at": "2027-01-31T12:00:00Z",
            "notes": "Sales promised it for the pilot",
        },
    ),
    subject=find_user_named,
    offers={"feature_key": list_feature_options},
    begin=begin_setting,
    bulk=Bulk(
        example={
            "user": "jane@example.com",
            "feature_key": "call_recording",
            "has_access": "true",
            "expires_at": "2027-01-31T12:00:00Z",
            "notes": "Sales promised it for the pilot",
        },
        prepare=prepare_overrides,
        lock=lock_many_overrides,
    ),
)

remove_override = Action(
    name=REMOVE,
    title="Remove an override",
    command=RemoveOverride,
    preview=preview_removal,
    apply=apply_removal,
    permission=Permission.ENTITLEMENTS_WRITE,
    lock=lock_overrides,
    confirm_label=lambda *_: "Remove the override",
    rest=RestCall(
        "DELETE",
        "/users/{user}/overrides/{feature_key}",
        "Remove an override, so that the plan decides again",
        example={"reason": "The pilot has ended"},
    ),
    destructive=True,
    subject=find_user_named,
    offers={"feature_key": list_feature_options},
    bulk=Bulk(
        example={
            "user": "jane@example.com",
            "feature_key": "call_recording",
            "reason": "The pilot has ended",
        },
        prepare=prepare_overrides,
        lock=lock_many_overrides,
    ),
)

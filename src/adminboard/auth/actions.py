"""The actions on people, keys and one's own account, each declared once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from adminboard.auth import inviting, key_changes, own_changes, staff_changes
from adminboard.auth.commands import (
    ChangeRole,
    ChangeTimeZone,
    CreateKey,
    EndOwnSession,
    InviteAdmin,
    NameAdmin,
    NameKey,
    OwnAccount,
    RotateKey,
)
from adminboard.auth.queries import admin_target, find_admin, find_key, key_target
from adminboard.core.actions import Action, RestCall
from adminboard.core.audit import Target
from adminboard.core.permissions import Permission


def _admin_subject(session: Session, typed: Mapping[str, str]) -> Target | None:
    admin = find_admin(session, typed.get("admin", ""))
    return admin_target(admin) if admin else None


def _key_subject(session: Session, typed: Mapping[str, str]) -> Target | None:
    key = find_key(session, typed.get("key", ""))
    return key_target(key) if key else None


invite_admin = Action(
    name="admins.invite",
    title="Invite a person",
    also_called=("invite a colleague",),
    stands_alone=True,
    command=InviteAdmin,
    preview=inviting.preview_invitation,
    apply=inviting.apply_invitation,
    lock=inviting.lock_invitation,
    permission=Permission.ADMINS_WRITE,
    confirm_label=lambda command, _: f"Invite {command.email}",
    rest=RestCall(
        "POST",
        "/admins",
        "Add a person to the staff; the answer holds, once, the code to set a password with",
        status=201,
        example={"email": "robin@example.com", "name": "Robin Doe", "role": "support"},
    ),
    step_up=True,
)

change_role = Action(
    name="admins.change_role",
    title="Change role",
    command=ChangeRole,
    preview=staff_changes.preview_role,
    apply=staff_changes.apply_role,
    lock=staff_changes.lock_with_administrators,
    subject=_admin_subject,
    permission=Permission.ADMINS_WRITE,
    confirm_label=lambda command, preview: f"Make {preview.subject.label} {command.role.value}",
    rest=RestCall("PUT", "/admins/{admin}/role", "Give a person another role", example={"role": "billing"}),
    step_up=True,
)


def _on_admin(name: str, title: str, verb: str, rest: RestCall, **parts: Any) -> Action[NameAdmin]:
    return Action(
        name=name,
        title=title,
        command=NameAdmin,
        subject=_admin_subject,
        permission=Permission.ADMINS_WRITE,
        confirm_label=lambda _, preview: f"{verb} {preview.subject.label}",
        rest=rest,
        step_up=True,
        **parts,
    )


disable_admin = _on_admin(
    "admins.disable",
    "Disable account",
    "Disable",
    RestCall("POST", "/admins/{admin}/disablement", "Disable a person's account, sessions and keys"),
    preview=staff_changes.preview_disabling,
    apply=staff_changes.apply_disabling,
    lock=staff_changes.lock_with_administrators,
    destructive=True,
)

enable_admin = _on_admin(
    "admins.enable",
    "Enable account",
    "Enable",
    RestCall("DELETE", "/admins/{admin}/disablement", "Enable a person's account again"),
    preview=staff_changes.preview_enabling,
    apply=staff_changes.apply_enabling,
    lock=staff_changes.lock_one,
)

end_sessions = _on_admin(
    "admins.end_sessions",
    "Log out everywhere",
    "Log out",
    RestCall("DELETE", "/admins/{admin}/sessions", "End all sessions of a person"),
    preview=staff_changes.preview_ending,
    apply=staff_changes.apply_ending,
    lock=staff_changes.lock_one,
    destructive=True,
)

reset_second_factor = _on_admin(
    "admins.reset_second_factor",
    "Remove second factor",
    "Remove the second factor of",
    RestCall("DELETE", "/admins/{admin}/second-factor", "Take a person's second factor away"),
    preview=staff_changes.preview_factor_reset,
    apply=staff_changes.apply_factor_reset,
    lock=staff_changes.lock_one,
    destructive=True,
)

reset_password = _on_admin(
    "admins.reset_password",
    "Reset password",
    "Reset the password of",
    RestCall("POST", "/admins/{admin}/password-reset", "Remove a password and give a code to set a new one"),
    preview=inviting.preview_reset,
    apply=inviting.apply_reset,
    lock=inviting.lock_reset,
    destructive=True,
)

create_key = Action(
    name="api_keys.create",
    title="Make an API key",
    stands_alone=True,
    command=CreateKey,
    preview=key_changes.preview_creation,
    apply=key_changes.apply_creation,
    permission=Permission.API_KEYS_WRITE,
    confirm_label=lambda command, _: f"Make key {command.name}",
    rest=RestCall(
        "POST",
        "/api-keys",
        "Make an API key; the answer holds its text, once",
        status=201,
        example={"name": "Reporting", "scopes": ["customers.read"], "valid_days": 90},
    ),
    step_up=True,
)

rotate_key = Action(
    name="api_keys.rotate",
    title="Rotate API key",
    command=RotateKey,
    preview=key_changes.preview_rotation,
    apply=key_changes.apply_rotation,
    lock=key_changes.lock_key,
    subject=_key_subject,
    permission=Permission.API_KEYS_WRITE,
    confirm_label=lambda _, preview: f"Rotate key {preview.subject.label}",
    rest=RestCall(
        "POST",
        "/api-keys/{key}/rotation",
        "Make a new key like this one, which goes on working for a while",
        status=201,
        example={"overlap_hours": 24},
    ),
    step_up=True,
)

revoke_key = Action(
    name="api_keys.revoke",
    title="Revoke API key",
    command=NameKey,
    preview=key_changes.preview_revocation,
    apply=key_changes.apply_revocation,
    lock=key_changes.lock_key,
    subject=_key_subject,
    permission=Permission.API_KEYS_WRITE,
    confirm_label=lambda _, preview: f"Revoke key {preview.subject.label}",
    rest=RestCall("DELETE", "/api-keys/{key}", "Revoke an API key for good"),
    destructive=True,
    step_up=True,
)

change_time_zone = Action(
    name="account.change_time_zone",
    title="Change time zone",
    command=ChangeTimeZone,
    preview=own_changes.preview_time_zone,
    apply=own_changes.apply_time_zone,
    lock=own_changes.lock_own_account,
    permission=Permission.OWN_ACCOUNT,
)

end_own_session = Action(
    name="account.end_session",
    title="Log out a browser",
    command=EndOwnSession,
    preview=own_changes.preview_session_end,
    apply=own_changes.apply_session_end,
    lock=own_changes.lock_own_account,
    permission=Permission.OWN_ACCOUNT,
)

end_other_sessions = Action(
    name="account.end_other_sessions",
    title="Log out everywhere else",
    command=OwnAccount,
    preview=own_changes.preview_others_end,
    apply=own_changes.apply_others_end,
    lock=own_changes.lock_own_account,
    permission=Permission.OWN_ACCOUNT,
)

remove_second_factor = Action(
    name="account.remove_second_factor",
    title="Remove second factor",
    command=OwnAccount,
    preview=own_changes.preview_factor_removal,
    apply=own_changes.apply_factor_removal,
    lock=own_changes.lock_own_account,
    permission=Permission.OWN_ACCOUNT,
    destructive=True,
    step_up=True,
)

replace_recovery_codes = Action(
    name="account.replace_recovery_codes",
    title="Make new recovery codes",
    command=OwnAccount,
    preview=own_changes.preview_new_codes,
    apply=own_changes.apply_new_codes,
    lock=own_changes.lock_own_account,
    permission=Permission.OWN_ACCOUNT,
    step_up=True,
)

ACTIONS: tuple[Action[Any], ...] = (
    invite_admin,
    change_role,
    disable_admin,
    enable_admin,
    end_sessions,
    reset_second_factor,
    reset_password,
    create_key,
    rotate_key,
    revoke_key,
    change_time_zone,
    end_own_session,
    end_other_sessions,
    remove_second_factor,
    replace_recovery_codes,
)

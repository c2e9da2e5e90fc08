"""Changes to people of the staff: role, disabling, sessions, second factor."""

from sqlalchemy.orm import Session

from adminboard.auth.commands import ChangeRole, NameAdmin
from adminboard.auth.inviting import shown_admin
from adminboard.auth.queries import (
    admin_target,
    count_live_keys,
    count_live_sessions,
    get_admin,
    lock_admin,
    lock_administrators,
)
from adminboard.auth.recovery_codes import remove_recovery_codes
from adminboard.auth.sessions import end_sessions
from adminboard.auth.staff_rules import NothingToChange, forbid_own_account, keep_an_administrator
from adminboard.core.actions import Applied, Caution, Change, Preview, Undo
from adminboard.core.work import Work, moment


def lock_with_administrators(work: Work, command: ChangeRole | NameAdmin) -> None:
    lock_administrators(work, command.admin)


def lock_one(work: Work, command: NameAdmin) -> None:
    lock_admin(work, command.admin)


def preview_role(session: Session, command: ChangeRole) -> Preview:
    """Raises `NotToYourself`, `NothingToChange`, `LastAdministrator`."""
    admin = get_admin(session, command.admin)
    forbid_own_account(session, admin)
    if admin.role is command.role:
        raise NothingToChange(f"{admin.email} is {command.role.value} already.")
    keep_an_administrator(session, admin)
    warning = Caution("sessions_end", "All their sessions end; they log in again with the new role.")
    change = Change("Role", admin.role.value, command.role.value)
    return Preview(admin_target(admin), (change,), (warning,))


def apply_role(work: Work, command: ChangeRole) -> Applied:
    """Gives the role and ends the sessions, so that no page goes on with the former rights."""
    admin = get_admin(work.session, command.admin)
    former = admin.role
    admin.role = command.role
    end_sessions(work, admin.id)
    return Applied(
        result=shown_admin(admin),
        summary=f"{admin.email} is now {admin.role.value}, no longer {former.value}.",
        undo=Undo("admins.change_role", ChangeRole(admin=str(admin.id), role=former)),
    )


def preview_disabling(session: Session, command: NameAdmin) -> Preview:
    """Raises `NotToYourself`, `NothingToChange`, `LastAdministrator`."""
    admin = get_admin(session, command.admin)
    forbid_own_account(session, admin)
    if admin.disabled_at is not None:
        raise NothingToChange(f"{admin.email} is disabled already.")
    keep_an_administrator(session, admin)
    keys = count_live_keys(session, admin.id, moment(session))
    warnings = [Caution("sessions_end", "All their sessions end at once.")]
    if keys:
        message = f"Their API keys stop working too; {keys} of them still in use by programs may be."
        warnings.append(Caution("keys_stop", message, must_acknowledge=True))
    return Preview(admin_target(admin), (Change("Status", "active", "disabled"),), tuple(warnings))


def apply_disabling(work: Work, command: NameAdmin) -> Applied:
    """Disables the account; its sessions end, its keys and codes stop working."""
    admin = get_admin(work.session, command.admin)
    admin.disabled_at = work.now()
    end_sessions(work, admin.id)
    undo = Undo("admins.enable", NameAdmin(admin=str(admin.id)))
    return Applied(shown_admin(admin), f"{admin.email} was disabled.", undo)


def preview_enabling(session: Session, command: NameAdmin) -> Preview:
    """Raises `NothingToChange`."""
    admin = get_admin(session, command.admin)
    if admin.disabled_at is None:
        raise NothingToChange(f"{admin.email} is active already.")
    return Preview(admin_target(admin), (Change("Status", "disabled", "active"),))


def apply_enabling(work: Work, command: NameAdmin) -> Applied:
    admin = get_admin(work.session, command.admin)
    admin.disabled_at = None
    undo = Undo("admins.disable", NameAdmin(admin=str(admin.id)))
    return Applied(shown_admin(admin), f"{admin.email} was enabled.", undo)


def preview_ending(session: Session, command: NameAdmin) -> Preview:
    """Raises `NothingToChange`."""
    admin = get_admin(session, command.admin)
    live = count_live_sessions(session, admin.id, moment(session))
    if live == 0:
        raise NothingToChange(f"{admin.email} is logged in nowhere.")
    return Preview(admin_target(admin), (Change("Sessions", live, 0, "number"),))


def apply_ending(work: Work, command: NameAdmin) -> Applied:
    admin = get_admin(work.session, command.admin)
    ended = end_sessions(work, admin.id)
    return Applied({"ended": ended}, f"{admin.email} was logged out everywhere ({ended}).")


def preview_factor_reset(session: Session, command: NameAdmin) -> Preview:
    """Raises `NotToYourself`, `NothingToChange`."""
    admin = get_admin(session, command.admin)
    forbid_own_account(session, admin)
    if admin.totp_confirmed_at is None:
        raise NothingToChange(f"{admin.email} has no second factor.")
    warning = Caution(
        "weaker_login",
        "Until they set a new one, the password alone is enough. Make sure that it is really them.",
    )
    return Preview(admin_target(admin), (Change("Second factor", "set", "not set"),), (warning,))


def apply_factor_reset(work: Work, command: NameAdmin) -> Applied:
    """Takes the second factor and its recovery codes away and ends the sessions."""
    admin = get_admin(work.session, command.admin)
    admin.totp_secret_encrypted = admin.totp_confirmed_at = admin.totp_last_step = None
    remove_recovery_codes(work, admin.id)
    end_sessions(work, admin.id)
    return Applied(shown_admin(admin), f"The second factor of {admin.email} was removed.")

"""Inviting people, and giving a new code to those who cannot log in any more."""

from uuid import uuid4

from sqlalchemy.orm import Session

from adminboard.auth.commands import InviteAdmin, NameAdmin
from adminboard.auth.models import Admin, Theme
from adminboard.auth.queries import admin_target, find_admin, get_admin, lock_admin
from adminboard.auth.sessions import end_sessions
from adminboard.auth.set_password import INVITATION_LIFETIME, RESET_LIFETIME, SHOWN_AS, give_code
from adminboard.auth.staff_rules import EmailTaken, forbid_own_account, require_enabled
from adminboard.core.actions import Applied, Caution, Change, Preview, Undo
from adminboard.core.actor import ActorKind
from adminboard.core.audit import Target
from adminboard.core.work import Work, lock_by_name


def lock_invitation(work: Work, command: InviteAdmin) -> None:
    """Two invitations of one address wait for each other, so that the second sees the first."""
    lock_by_name(work, f"admin {command.email}")


def preview_invitation(session: Session, command: InviteAdmin) -> Preview:
    """Raises `EmailTaken`."""
    if find_admin(session, command.email) is not None:
        raise EmailTaken(f"{command.email} belongs to the staff already. Settings shows the account.")
    return Preview(
        subject=Target("admin", command.email, command.email),
        changes=(Change("Name", None, command.name), Change("Role", None, command.role.value)),
    )


def apply_invitation(work: Work, command: InviteAdmin) -> Applied:
    """Adds the person. Undone by disabling the account: admins are never deleted."""
    inviter = work.actor.id if work.actor.kind is ActorKind.ADMIN else work.actor.owner_id
    admin = Admin(
        id=uuid4(),
        email=command.email,
        name=command.name,
        role=command.role,
        theme=Theme.SYSTEM,
        invited_by_id=inviter,
        created_at=work.now(),
    )
    work.session.add(admin)
    code = give_code(work, admin, INVITATION_LIFETIME)
    return Applied(
        result=shown_admin(admin),
        summary=f"{admin.email} was invited as {admin.role.value}. They set a password at /set-password.",
        undo=Undo("admins.disable", NameAdmin(admin=str(admin.id))),
        record={"admin_id": admin.id},
        shown_once={SHOWN_AS: code},
    )


def lock_reset(work: Work, command: NameAdmin) -> None:
    lock_admin(work, command.admin)


def preview_reset(session: Session, command: NameAdmin) -> Preview:
    """Raises `NotToYourself`, `AdminDisabled`."""
    admin = get_admin(session, command.admin)
    forbid_own_account(session, admin)
    require_enabled(admin)
    is_set = "set" if admin.password_hash else "not set"
    warning = Caution(
        "password_removed",
        f"{admin.email} cannot log in until they have set a new password with the code you will be shown.",
    )
    return Preview(
        admin_target(admin), (Change("Password", is_set, "to be set with a new code"),), (warning,)
    )


def apply_reset(work: Work, command: NameAdmin) -> Applied:
    """Removes the password, ends the sessions and gives a code to set a new one."""
    admin = get_admin(work.session, command.admin)
    admin.password_hash = None
    end_sessions(work, admin.id)
    code = give_code(work, admin, RESET_LIFETIME)
    return Applied(
        result=shown_admin(admin),
        summary=f"The password of {admin.email} was removed; they can set a new one with a code.",
        shown_once={SHOWN_AS: code},
    )


def shown_admin(admin: Admin) -> dict[str, object]:
    """An admin as the API answers a change."""
    return {
        "id": admin.id,
        "email": admin.email,
        "name": admin.name,
        "role": admin.role,
        "disabled_at": admin.disabled_at,
    }

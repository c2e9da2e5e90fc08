"""Setting the first password with the code an administrator passed on, or a new one after a reset.

The code is typed in, never part of an address: addresses end up in logs and histories (guarantee 20).
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.auth.models import Admin
from adminboard.auth.passwords import check_password_rules, hash_password
from adminboard.auth.proof import as_admin
from adminboard.auth.queries import admin_target, lock_admin
from adminboard.auth.sessions import end_sessions
from adminboard.auth.tokens import hash_code, new_code
from adminboard.auth.visitors import Visitor
from adminboard.core.errors import FieldError, InvalidInput
from adminboard.core.work import Work
from adminboard.runtime import Runtime

CODE_GROUPS = 6
INVITATION_LIFETIME = timedelta(days=7)
RESET_LIFETIME = timedelta(days=1)
SHOWN_AS = "set_password_code"


class SetPasswordCodeRefused(InvalidInput):
    """The code is wrong, was used, was replaced, or is too old: all the same."""

    title = "This code is not valid"


def give_code(work: Work, admin: Admin, lifetime: timedelta) -> str:
    """A new code in place of any earlier one; returned to be shown once, kept as a hash."""
    code = new_code(CODE_GROUPS)
    admin.invitation_hash = hash_code(code)
    admin.invited_at = work.now()
    admin.invitation_expires_at = work.now() + lifetime
    return code


def set_password(runtime: Runtime, visitor: Visitor, code: str, password: str) -> None:
    """Sets the password of the account the code was made for; the code is used up.

    Raises `SetPasswordCodeRefused`, `PasswordTooWeak`. All sessions of the account end.
    """
    with runtime.reading() as session:
        found = _find(session, code, runtime.clock.now())
    if found is None:
        raise _refused()
    check_password_rules(password, found.email)
    new_hash = hash_password(password)
    with runtime.work(as_admin(visitor, found.id, found.email)) as work:
        admin = lock_admin(work, str(found.id))
        if admin.invitation_hash != hash_code(code) or admin.disabled_at is not None:
            raise _refused()
        admin.password_hash = new_hash
        admin.password_changed_at = work.now()
        admin.invitation_hash = admin.invitation_expires_at = None
        end_sessions(work, admin.id)
        work.audit("account.set_password", admin_target(admin), f"{admin.email} set a password with a code.")


def _find(session: Session, code: str, now: datetime) -> Admin | None:
    return session.scalar(
        select(Admin).where(
            Admin.invitation_hash == hash_code(code),
            Admin.invitation_expires_at > now,
            Admin.disabled_at.is_(None),
        )
    )


def _refused() -> SetPasswordCodeRefused:
    sentence = "This code is not valid. It works once and for a limited time; ask for a new one."
    return SetPasswordCodeRefused(sentence, errors=[FieldError("code", sentence)])

"""What people do to their own account where a secret is typed in: password and second factor.

Such changes have no preview to confirm, because a preview would carry the secret through the page.
"""

from datetime import timedelta

from adminboard.auth.models import Admin
from adminboard.auth.passwords import check_password_rules, hash_password
from adminboard.auth.queries import admin_target, lock_admin
from adminboard.auth.recovery_codes import replace_recovery_codes
from adminboard.auth.sealing import SealedTexts
from adminboard.auth.sessions import end_sessions
from adminboard.auth.step_up import prove_password
from adminboard.auth.totp import SEALING_PURPOSE, Enrollment, find_step, new_secret, show_enrollment
from adminboard.auth.visitors import Visitor
from adminboard.core.actor import Actor
from adminboard.core.errors import DomainError, FieldError, InvalidInput
from adminboard.core.permissions import Permission
from adminboard.core.step_up import require_step_up
from adminboard.core.work import Work
from adminboard.runtime import Runtime

SETUP_LIFETIME = timedelta(minutes=30)
_SETUP_PURPOSE = "second factor being set up"


class SecondFactorSet(DomainError):
    """A second factor is set already."""

    title = "The second factor is set already"


class SetupExpired(DomainError):
    """The page with the QR code is too old."""

    title = "Start again"


class SetupCodeWrong(InvalidInput):
    """The app shows another code: it was not set up with this secret, or its clock is wrong."""

    title = "The code is not right"


def change_password(
    runtime: Runtime, visitor: Visitor, actor: Actor, *, current_password: str, new_password: str
) -> None:
    """Sets a new password and ends every session of the person, this one too.

    Raises `PasswordTooWeak`, `PasswordRefused`, `TooManyAttempts`.
    """
    actor.require(Permission.OWN_ACCOUNT)
    check_password_rules(new_password, actor.name, field="new_password")
    new_hash = hash_password(new_password)

    def store(work: Work, admin: Admin) -> None:
        admin.password_hash = new_hash
        admin.password_changed_at = work.now()
        end_sessions(work, admin.id)
        summary = f"{admin.email} changed their password; all their sessions ended."
        work.audit("account.change_password", admin_target(admin), summary)

    prove_password(runtime, visitor, actor, current_password, store, field="current_password")


def begin_second_factor(
    runtime: Runtime, actor: Actor, *, setup: str | None = None
) -> tuple[str, Enrollment]:
    """A new secret to scan, with the sealed text that `confirm_second_factor` takes back. Stores nothing.

    ``setup`` shows the secret of an earlier call again. Raises `SetupExpired`.
    """
    secret = new_secret() if setup is None else _open_setup(runtime, actor, setup)
    expires_at = runtime.clock.now() + SETUP_LIFETIME
    sealed = _sealed(runtime).seal(secret).decode()
    text = runtime.signed.sign(_SETUP_PURPOSE, [str(actor.id), sealed], expires_at=expires_at)
    return text, show_enrollment(secret, actor.name)


def confirm_second_factor(runtime: Runtime, actor: Actor, setup: str, code: str) -> list[str]:
    """Sets the second factor once the app shows the right code; returns the recovery codes, to be shown once.

    Raises `SetupCodeWrong`, `SetupExpired`, `SecondFactorSet`, `StepUpRequired`.
    """
    actor.require(Permission.OWN_ACCOUNT)
    secret = _open_setup(runtime, actor, setup)
    with runtime.work(actor) as work:
        require_step_up(work)
        admin = lock_admin(work, str(actor.id))
        if admin.totp_confirmed_at is not None:
            raise SecondFactorSet("Your second factor is set already. Remove it first to set up another app.")
        step = find_step(secret, "".join(code.split()), work.now(), after_step=None)
        if step is None:
            sentence = "This is not the code the app should show now. Check the clock of your phone."
            raise SetupCodeWrong(sentence, errors=[FieldError("code", sentence)])
        admin.totp_secret_encrypted = _sealed(runtime).seal(secret)
        admin.totp_confirmed_at = work.now()
        admin.totp_last_step = step
        codes = replace_recovery_codes(work, admin.id)
        work.audit("account.set_second_factor", admin_target(admin), f"{admin.email} set a second factor.")
        return codes


def _sealed(runtime: Runtime) -> SealedTexts:
    return SealedTexts(runtime.settings.secret_keys, SEALING_PURPOSE)


def _open_setup(runtime: Runtime, actor: Actor, setup: str) -> str:
    value = runtime.signed.read(_SETUP_PURPOSE, setup, now=runtime.clock.now())
    if not isinstance(value, list) or value[0] != str(actor.id):
        raise SetupExpired("This page is too old. Start setting up the second factor again.")
    return _sealed(runtime).open(value[1].encode())

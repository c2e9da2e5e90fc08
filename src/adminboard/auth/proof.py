"""What login, second factor and step-up share: counting a guess, taking a code, noting a refusal."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from adminboard.auth.attempts import Guess, settle_attempt
from adminboard.auth.models import Admin, LoginOutcome
from adminboard.auth.queries import lock_admin
from adminboard.auth.recovery_codes import take_recovery_code
from adminboard.auth.sealing import SealedTexts
from adminboard.auth.totp import SEALING_PURPOSE, take_code
from adminboard.auth.visitors import Visitor, account_key, find_device
from adminboard.core.actor import Actor, ActorKind
from adminboard.core.audit import Target
from adminboard.core.errors import InvalidInput, NotAuthenticated
from adminboard.core.work import Work
from adminboard.runtime import Runtime


class LoginRefused(NotAuthenticated):
    """Unknown account, disabled account, wrong password: the same for whoever asks."""

    title = "You were not logged in"


class CodeRefused(InvalidInput):
    """The code of the second factor is wrong or was used before."""

    title = "This code was not accepted"


def make_guess(runtime: Runtime, visitor: Visitor, email: str) -> Guess:
    """What an attempt of this visitor at this account is counted by."""
    account = account_key(runtime.settings.secret_keys[0], email)
    device = find_device(runtime.signed, account, visitor.device_cookie, runtime.clock.now())
    return Guess(account, visitor.counted_address, device)


def accept_code(runtime: Runtime, work: Work, admin_id: UUID, code: str) -> bool:
    """Whether it is a fresh code of the authenticator app or an unused recovery code; that uses it up."""
    sealed = SealedTexts(runtime.settings.secret_keys, SEALING_PURPOSE)
    return take_code(work, sealed, admin_id, code) or take_recovery_code(work, admin_id, code)


def note_refusal(work: Work, attempt_id: UUID, target: Target, why: str) -> None:
    """Settles the attempt as failed. ``why`` is for the audit log alone; the visitor is not told."""
    settle_attempt(work, attempt_id, LoginOutcome.FAILED)
    work.audit(
        "session.refused", target, f"Somebody who tried to prove to be {target.label} was refused: {why}."
    )


def lock_unchanged(work: Work, admin_id: UUID, fingerprint: str) -> Admin:
    """The admin, locked. Raises `LoginRefused` when disabled, or when the password is another one by now."""
    admin = lock_admin(work, str(admin_id))
    if admin.disabled_at is not None or fingerprint_of(admin.password_hash) != fingerprint:
        raise LoginRefused("E-mail address or password is not right.")
    return admin


def fingerprint_of(password_hash: str | None) -> str:
    """Changes with the password, and gives nothing of it away."""
    return sha256((password_hash or "").encode()).hexdigest()


def as_admin(visitor: Visitor, admin_id: UUID, email: str) -> Actor:
    """The actor of a login itself: the person by name, who may do nothing before there is a session."""
    return replace(visitor.as_actor(), kind=ActorKind.ADMIN, id=admin_id, name=email)

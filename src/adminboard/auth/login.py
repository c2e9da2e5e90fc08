"""Logging in: password, then the second factor where one is set (guarantees 12, 14, 15).

Every attempt is reserved in a transaction of its own before anything is evaluated, and settled in another.
Whoever is refused learns nothing: unknown, disabled and wrong get the same sentence after the same work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adminboard.auth.attempts import UNKNOWN_ACCOUNT, Guess, reserve_attempt, settle_attempt
from adminboard.auth.models import Admin, LoginOutcome
from adminboard.auth.passwords import hash_password, verify_password
from adminboard.auth.proof import (
    CodeRefused,
    LoginRefused,
    accept_code,
    as_admin,
    fingerprint_of,
    lock_unchanged,
    make_guess,
    note_refusal,
)
from adminboard.auth.queries import admin_target
from adminboard.auth.sessions import end_session, end_session_of_cookie, make_cookie, open_session
from adminboard.auth.visitors import Visitor, new_device, normalize_email
from adminboard.core.actor import Actor
from adminboard.core.audit import Target
from adminboard.core.errors import NotAuthenticated
from adminboard.core.work import Work
from adminboard.runtime import Runtime

CHALLENGE_LIFETIME = timedelta(minutes=5)
_CHALLENGE_PURPOSE = "second factor is due"


class ChallengeExpired(NotAuthenticated):
    """The password was given too long ago to go on with the second factor."""

    title = "Please log in again"


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The texts of the two cookies to set: the session's, and the known device's for the next login."""

    session_cookie: str
    device_cookie: str


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """The password was right; ``challenge`` proves that to `pass_second_factor` for five minutes."""

    challenge: str


@dataclass(frozen=True, slots=True)
class _Account:
    id: UUID
    email: str
    password_hash: str | None
    disabled_at: datetime | None

    @property
    def target(self) -> Target:
        return Target("admin", str(self.id), self.email)


def log_in(
    runtime: Runtime, visitor: Visitor, email: str, password: str, *, former_cookie: str | None = None
) -> LoggedIn | SecondFactorNeeded:
    """Checks the password. Raises `LoginRefused`, `TooManyAttempts`.

    ``former_cookie`` is the session cookie the browser came with: that session ends with the login.
    """
    email = normalize_email(email)
    guess = make_guess(runtime, visitor, email)
    with runtime.work(visitor.as_actor()) as work:
        account, bcrypt_cost = _find_account(work.session, email)
        target = account.target if account else UNKNOWN_ACCOUNT
        attempt_id = reserve_attempt(work, guess, target)
    verdict = verify_password(password, account.password_hash if account else None, bcrypt_cost=bcrypt_cost)
    if account is None or not verdict.matches or account.disabled_at is not None:
        with runtime.work(visitor.as_actor()) as work:
            note_refusal(work, attempt_id, target, _why_refused(account, verdict.matches))
        raise LoginRefused("E-mail address or password is not right.")
    new_hash = hash_password(password) if verdict.outdated else account.password_hash
    with runtime.work(as_admin(visitor, account.id, account.email)) as work:
        admin = lock_unchanged(work, account.id, fingerprint_of(account.password_hash))
        settle_attempt(work, attempt_id, LoginOutcome.SUCCEEDED)
        admin.password_hash = new_hash
        if admin.totp_confirmed_at is None:
            return _open(runtime, work, admin, guess, former_cookie)
        work.audit("session.password_accepted", target, f"{admin.email} gave the right password.")
        return SecondFactorNeeded(_make_challenge(runtime, admin))


def pass_second_factor(
    runtime: Runtime, visitor: Visitor, challenge: str, code: str, *, former_cookie: str | None = None
) -> LoggedIn:
    """Takes a code of the authenticator app or a recovery code.

    Raises `ChallengeExpired`, `CodeRefused`, `TooManyAttempts`, `LoginRefused`.
    """
    admin_id, fingerprint = _read_challenge(runtime, challenge)
    with runtime.work(visitor.as_actor()) as work:
        admin = lock_unchanged(work, admin_id, fingerprint)
        guess = make_guess(runtime, visitor, admin.email)
        attempt_id = reserve_attempt(work, guess, admin_target(admin))
    with runtime.work(as_admin(visitor, admin_id, admin.email)) as work:
        admin = lock_unchanged(work, admin_id, fingerprint)
        if accept_code(runtime, work, admin_id, code):
            settle_attempt(work, attempt_id, LoginOutcome.SUCCEEDED)
            return _open(runtime, work, admin, guess, former_cookie)
        note_refusal(work, attempt_id, admin_target(admin), "the code was wrong or used before")
    raise CodeRefused("This code is not right, or it was used before. Wait for the next one.")


def log_out(runtime: Runtime, actor: Actor) -> None:
    """Ends the session through which the person asks, at once."""
    assert actor.session_id is not None
    with runtime.work(actor) as work:
        end_session(work, actor.session_id)
        work.audit("session.closed", Target("admin", str(actor.id), actor.name), f"{actor.name} logged out.")


def _open(runtime: Runtime, work: Work, admin: Admin, guess: Guess, former_cookie: str | None) -> LoggedIn:
    device = guess.device or new_device(runtime.signed, guess.account, work.now())
    if former_cookie is not None:
        end_session_of_cookie(work, former_cookie)
    session_id, token = open_session(work, admin.id, device.hash)
    admin.last_login_at = work.now()
    after = {"session": str(session_id)}
    work.audit("session.opened", admin_target(admin), f"{admin.email} logged in.", after=after)
    return LoggedIn(make_cookie(runtime.signed, token, work.now()), device.cookie)


def _make_challenge(runtime: Runtime, admin: Admin) -> str:
    value = [str(admin.id), fingerprint_of(admin.password_hash)]
    expires_at = runtime.clock.now() + CHALLENGE_LIFETIME
    return runtime.signed.sign(_CHALLENGE_PURPOSE, value, expires_at=expires_at)


def _read_challenge(runtime: Runtime, challenge: str) -> tuple[UUID, str]:
    value = runtime.signed.read(_CHALLENGE_PURPOSE, challenge, now=runtime.clock.now())
    if value is None:
        raise ChallengeExpired("That took too long. Enter your e-mail address and password again.")
    return UUID(value[0]), str(value[1])


def _find_account(session: Session, email: str) -> tuple[_Account | None, int | None]:
    """The account, if there is one, and the cost of a bcrypt hash that any account still has."""
    columns = select(Admin.id, Admin.email, Admin.password_hash, Admin.disabled_at)
    row = session.execute(columns.where(func.lower(Admin.email) == email)).one_or_none()
    bcrypt_hash = session.scalar(select(func.max(Admin.password_hash)).where(Admin.password_hash.like("$2%")))
    return (_Account(*row) if row else None), (int(bcrypt_hash[4:6]) if bcrypt_hash else None)


def _why_refused(account: _Account | None, password_matches: bool) -> str:
    if account is None:
        return "there is no such account"
    if account.password_hash is None:
        return "no password has been set"
    return "the account is disabled" if password_matches else "the password was wrong"

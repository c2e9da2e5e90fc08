"""Limits on guessing, counted in the database so that all replicas share them (guarantee 14).

An attempt is reserved, and thereby counted, before the password is looked at, so parallel guesses cannot slip
past. A browser that the account has logged in with before is counted by itself, so that its owner still gets
in while somebody else is locked out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import Session

from adminboard.auth.models import LoginAttempt, LoginOutcome
from adminboard.auth.visitors import Device
from adminboard.core.audit import Target
from adminboard.core.errors import TooFast
from adminboard.core.work import Work, lock_by_name

WINDOW = timedelta(minutes=15)
ACCOUNT_LIMIT = 10
ADDRESS_LIMIT = 30
DEVICE_LIMIT = 10
KEPT_FOR = timedelta(days=1)

UNKNOWN_ACCOUNT = Target("admin", "unknown", "an account that does not exist")


class TooManyAttempts(TooFast):
    """Too many wrong passwords or codes of late. Says the same whether or not the account exists."""

    title = "Too many attempts"


@dataclass(frozen=True, slots=True)
class Guess:
    """What an attempt is counted by: the account's key, the address, and the known device if there is one."""

    account: str
    address: str | None
    device: Device | None


@dataclass(frozen=True, slots=True)
class _Limit:
    lock: str
    counted: ColumnElement[bool]
    most: int


def reserve_attempt(work: Work, guess: Guess, target: Target) -> UUID:
    """Counts an attempt that is about to be evaluated; returns its id for `settle_attempt`.

    Locks the account's and the address's count until the commit. Raises `TooManyAttempts`. One that is never
    settled counts as failed.
    """
    limits = _limits(guess)
    _check_limits(work.session, limits, work.now())
    for lock in sorted(limit.lock for limit in limits):
        lock_by_name(work, lock)
    _check_limits(work.session, limits, work.now())
    attempt_id = uuid4()
    is_old = (LoginAttempt.account == guess.account) & (LoginAttempt.at < work.now() - KEPT_FOR)
    work.session.execute(delete(LoginAttempt).where(is_old))
    work.session.execute(
        insert(LoginAttempt).values(
            id=attempt_id,
            account=guess.account,
            ip_address=guess.address,
            device_hash=guess.device.hash if guess.device else None,
            at=work.now(),
            outcome=LoginOutcome.PENDING,
        )
    )
    work.audit("session.attempted", target, f"Somebody tried to prove to be {target.label}.")
    return attempt_id


def settle_attempt(work: Work, attempt_id: UUID, outcome: LoginOutcome) -> None:
    """Notes how the attempt ended. A right password no longer counts; a wrong one does."""
    work.session.execute(update(LoginAttempt).where(LoginAttempt.id == attempt_id).values(outcome=outcome))


def _limits(guess: Guess) -> list[_Limit]:
    of_account = LoginAttempt.account == guess.account
    if guess.device is not None:
        of_device = of_account & (LoginAttempt.device_hash == guess.device.hash)
        return [_Limit(f"attempts of device {guess.device.hash.hex()}", of_device, DEVICE_LIMIT)]
    elsewhere = LoginAttempt.device_hash.is_(None)
    limits = [_Limit(f"attempts at account {guess.account}", of_account & elsewhere, ACCOUNT_LIMIT)]
    if guess.address is not None:
        of_address = LoginAttempt.ip_address == guess.address
        limits.append(_Limit(f"attempts from {guess.address}", of_address & elsewhere, ADDRESS_LIMIT))
    return limits


def _check_limits(session: Session, limits: list[_Limit], now: datetime) -> None:
    """Raises `TooManyAttempts` until the attempt that filled the longest-lasting limit has aged out."""
    free_at = [moment for limit in limits if (moment := _find_free_at(session, limit, now)) is not None]
    if not free_at:
        return
    wait_seconds = max(1, int((max(free_at) - now).total_seconds()) + 1)
    raise TooManyAttempts(
        f"There were too many attempts. Wait {_in_words(wait_seconds)} and try again. "
        "A browser you have logged in with before may still work.",
        retry_after_seconds=wait_seconds,
    )


def _find_free_at(session: Session, limit: _Limit, now: datetime) -> datetime | None:
    filling = session.scalar(
        select(LoginAttempt.at)
        .where(limit.counted, LoginAttempt.outcome != LoginOutcome.SUCCEEDED, LoginAttempt.at > now - WINDOW)
        .order_by(LoginAttempt.at.desc())
        .offset(limit.most - 1)
        .limit(1)
    )
    return filling + WINDOW if filling is not None else None


def _in_words(seconds: int) -> str:
    minutes = max(1, -(-(seconds - 1) // 60))
    return "a minute" if minutes == 1 else f"{minutes} minutes"

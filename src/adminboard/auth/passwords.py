"""Passwords: hashing, checking, and what one must be like.

New hashes are argon2id. bcrypt is read, because `ADMIN_PASSWORD_HASH` may hold one, and replaced at the first
login. A check costs the same whether or not there is an account behind it (guarantee 14).
"""

from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from adminboard.core.errors import FieldError, InvalidInput

MIN_LENGTH = 12
MAX_LENGTH = 256
MIN_DIFFERENT_CHARACTERS = 5
BCRYPT_MAX_BYTES = 72

_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(4)
"""Each argon2 check takes 64 MiB: a burst of logins must not take the memory of the whole process."""


class PasswordTooWeak(InvalidInput):
    """The password breaks one of the board's rules for passwords."""

    title = "Choose another password"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right, and whether its hash should be replaced by one of today's strength."""

    matches: bool
    outdated: bool = False


def hash_password(password: str) -> str:
    """A new argon2id hash. The rules are checked by `check_password_rules`, not here."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify_password(password: str, stored_hash: str | None, *, bcrypt_cost: int | None = None) -> Verdict:
    """Whether the password belongs to the hash; always does one argon2 check's work.

    ``stored_hash`` is None for an account that does not exist or has no password. ``bcrypt_cost`` is the cost
    of a bcrypt hash that some account still has: then one bcrypt check is done as well, for every account.
    """
    acceptable = len(password) <= MAX_LENGTH and _is_text(password)
    tried = password if acceptable else ""
    is_bcrypt = stored_hash is not None and is_bcrypt_hash(stored_hash)
    argon2_hash = stored_hash if stored_hash is not None and not is_bcrypt else None
    bcrypt_hash = stored_hash if is_bcrypt else _bcrypt_decoy(bcrypt_cost) if bcrypt_cost else None
    with _AT_ONCE:
        argon2_matches = _matches_argon2(tried, argon2_hash or _argon2_decoy())
        bcrypt_matches = _matches_bcrypt(tried, bcrypt_hash) if bcrypt_hash else False
    if stored_hash is None or not acceptable:
        return Verdict(matches=False)
    if is_bcrypt:
        return Verdict(bcrypt_matches, outdated=True)
    return Verdict(argon2_matches, outdated=argon2_matches and _HASHER.check_needs_rehash(stored_hash))


def check_password_rules(password: str, email: str, *, field: str = "password") -> None:
    """Raises `PasswordTooWeak`, its sentence under the name ``field``, when the rules forbid the password."""
    problem = _find_weakness(password, email)
    if problem is not None:
        raise PasswordTooWeak(problem, errors=[FieldError(field, problem, "password_too_weak")])


def is_bcrypt_hash(stored_hash: str) -> bool:
    return stored_hash.startswith(("$2a$", "$2b$", "$2y$"))


def is_password_hash(text: str) -> bool:
    """Whether the text is an argon2 or bcrypt hash that `verify_password` can check."""
    try:
        if is_bcrypt_hash(text):
            bcrypt.checkpw(b"", text.encode())
        else:
            _HASHER.check_needs_rehash(text)
    except (InvalidHashError, ValueError):
        return False
    return True


def _find_weakness(password: str, email: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"A password needs at least {MIN_LENGTH} characters; this one has {len(password)}."
    if len(password) > MAX_LENGTH:
        return f"A password has at most {MAX_LENGTH} characters; this one has {len(password)}."
    if not _is_text(password):
        return "This password has characters that cannot be typed. Type it anew."
    if len(set(password)) < MIN_DIFFERENT_CHARACTERS:
        return f"Use at least {MIN_DIFFERENT_CHARACTERS} different characters."
    if password.casefold() == email.casefold():
        return "A password cannot be the e-mail address of its account."
    return None


def _is_text(password: str) -> bool:
    """Whether the hashes can take it: no null character, no half of a character."""
    return "\0" not in password and not any("\ud800" <= character <= "\udfff" for character in password)


def _matches_argon2(password: str, stored_hash: str) -> bool:
    try:
        return _HASHER.verify(stored_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def _matches_bcrypt(password: str, stored_hash: str) -> bool:
    # bcrypt has always read 72 bytes at most; older libraries cut longer passwords silently.
    return bcrypt.checkpw(password.encode()[:BCRYPT_MAX_BYTES], stored_hash.encode())


@cache
def _argon2_decoy() -> str:
    return _HASHER.hash("nobody has this password")


@cache
def _bcrypt_decoy(cost: int) -> str:
    return bcrypt.hashpw(b"nobody has this password", bcrypt.gensalt(cost)).decode()

"""Random secrets that the board gives out and keeps only as SHA-256.

A hash without salt and stretching is right for them: they are random and too long to be guessed.
"""

import secrets
from hashlib import sha256

TOKEN_BYTES = 32
_CODE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without the letters and digits that look alike."""


def new_token() -> str:
    """256 random bits as text that is safe in a cookie and a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_code(groups: int, group_length: int = 4) -> str:
    """Random text for people to copy or type, like `k7pm-x2wd-…`; nearly 5 bits a character."""
    return "-".join(
        "".join(secrets.choice(_CODE_ALPHABET) for _ in range(group_length)) for _ in range(groups)
    )


def hash_token(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()


def hash_code(code: str) -> bytes:
    """The hash of a code from `new_code`, however it was typed: spaces, hyphens and capitals do not count."""
    return hash_token("".join(code.split()).replace("-", "").lower())

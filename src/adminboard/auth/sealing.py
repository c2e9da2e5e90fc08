"""Sealed texts: secrets that must be read back later, encrypted with keys derived from `SECRET_KEY`.

With several keys the first seals and each opens, so that keys can be rotated.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adminboard.core.errors import Unavailable


class SecretUnreadable(Unavailable):
    """What was sealed was sealed with a `SECRET_KEY` that this board does not have."""

    title = "A stored secret cannot be read"


class SealedTexts:
    """Encrypts and authenticates small texts for one purpose; another purpose's texts do not open."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._box = MultiFernet([Fernet(_derive_key(key, purpose)) for key in keys])

    def seal(self, text: str) -> bytes:
        return self._box.encrypt(text.encode())

    def reseal(self, sealed: bytes) -> bytes:
        """The same text, sealed with the first key. Raises `SecretUnreadable`."""
        return self.seal(self.open(sealed))

    def open(self, sealed: bytes) -> str:
        """The text. Raises `SecretUnreadable` when no key of this board opens it."""
        try:
            return self._box.decrypt(sealed).decode()
        except InvalidToken:
            raise SecretUnreadable(
                "A secret in the database was encrypted with a SECRET_KEY that is no longer configured. "
                "Ask whoever runs the board to add the former key at the end of SECRET_KEY."
            ) from None


def _derive_key(key: str, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"adminboard {purpose}".encode())
    return urlsafe_b64encode(derivation.derive(key.encode()))

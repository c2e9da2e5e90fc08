"""Signed, expiring texts: what the browser carries for us and must not change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer


class SignedTexts:
    """Signs small JSON values for one purpose; a text signed for another purpose does not verify.

    ``keys`` has the current key first; the older ones are still accepted, so that keys can be rotated.
    The time comes from the caller: nothing here reads a clock.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = list(reversed(keys))
        self._serializers: dict[str, URLSafeSerializer] = {}

    def sign(self, purpose: str, value: Any, *, expires_at: datetime) -> str:
        return self._serializer(purpose).dumps([int(expires_at.timestamp()), value])

    def read(self, purpose: str, text: str, *, now: datetime) -> Any:
        """The signed value, or None when the text is forged, damaged, for another purpose, or too old."""
        try:
            expires_at, value = self._serializer(purpose).loads(text)
        except (BadSignature, ValueError, TypeError):
            return None
        return value if now.timestamp() < expires_at else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = URLSafeSerializer(self._keys, salt=f"adminboard.{purpose}")
        return self._serializers[purpose]

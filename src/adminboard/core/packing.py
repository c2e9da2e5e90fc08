"""What a command carries of the outside (`Command.carried`), as one short text: it travels in a token."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from adminboard.core.errors import InvalidInput

MOST_BYTES = 4_000_000


class NotPacked(InvalidInput):
    """The text is not what `pack` makes."""


def pack(value: Any) -> str:
    """JSON values as text; equal values give equal texts."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(zlib.compress(plain.encode(), 9)).decode()


def unpack(text: str) -> Any:
    """The values again. Raises `NotPacked` for anything else, and for what would be too large."""
    try:
        inflating = zlib.decompressobj()
        plain = inflating.decompress(urlsafe_b64decode(text.encode()), MOST_BYTES)
        if inflating.unconsumed_tail:
            raise ValueError("too large")
        return json.loads(plain)
    except (ValueError, zlib.error) as error:
        raise NotPacked("What the board had fetched cannot be read. Begin anew.") from error

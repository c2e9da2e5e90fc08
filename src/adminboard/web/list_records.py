"""The key of a row, as an address names it."""

from __future__ import annotations

from uuid import UUID

from adminboard.core.listings import Listing

MAX_KEY_LENGTH = 255


def read_key(listing: Listing, text: str) -> UUID | str | None:
    """The key of a row as an address names it; None for what cannot be one."""
    if listing.has_text_keys:
        return text if "\0" not in text and len(text) <= MAX_KEY_LENGTH else None
    try:
        return UUID(text)
    except ValueError:
        return None

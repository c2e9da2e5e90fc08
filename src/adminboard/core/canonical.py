"""One spelling for every value, so that equal things have equal digests on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

_PLAIN = frozenset({str, int, bool})
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_plain(value: Any) -> Any:
    """A JSON value for anything the board keeps in a log: times in UTC, decimals and ids as text.

    Raises `TypeError` for floats, times without zone and unknown types rather than guess a spelling.
    """
    kind = type(value)
    if value is None or kind in _PLAIN:
        return value
    if kind is dict:
        return {key if type(key) is str else _key(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, Mapping):
        return to_plain(dict(value))
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((to_plain(item) for item in value), key=str)
    return _plain_word(value)


def _plain_word(value: Any) -> Any:
    match value:
        case Enum():
            return to_plain(value.value)
        case Decimal() | UUID():
            return str(value)
        case datetime() if value.tzinfo is not None:
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case BaseModel():
            return to_plain(value.model_dump())
        case str() | int():
            return value
        case _:
            raise TypeError(f"{type(value).__name__} {value!r} has no canonical form")


def _key(value: Any) -> str:
    return str(to_plain(value))


def canonical_bytes(value: Any) -> bytes:
    """The value as UTF-8 JSON with sorted keys and no spaces."""
    return _ENCODER.encode(to_plain(value)).encode()


def digest(value: Any) -> bytes:
    """SHA-256 of the canonical form: 32 bytes."""
    return hashlib.sha256(canonical_bytes(value)).digest()

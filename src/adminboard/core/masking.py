"""Masking: what a reader without ``personal.read`` sees of people's data (domain: "Roles").

The same rules once as SQL, for lists and exports, and once in Python, for details.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Text, cast, func, literal, null

from adminboard.core.actor import Actor
from adminboard.core.permissions import Permission

T = TypeVar("T")


class Mask(StrEnum):
    """How one kind of personal data is masked."""

    EMAIL = "email"
    """``j•••@host``"""
    PHONE = "phone"
    """The last four digits."""
    HIDDEN = "hidden"
    """Not shown at all: transcripts, summaries, recordings."""


def sees_personal_data(actor: Actor) -> bool:
    return actor.may(Permission.PERSONAL_READ)


def mask_in_sql(mask: Mask, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The masked value as an SQL expression; null stays null."""
    if mask is Mask.HIDDEN:
        return cast(null(), Text)
    if mask is Mask.EMAIL:
        return func.regexp_replace(value, literal("^(.?)[^@]*@"), literal(r"\1•••@"))
    digits = func.regexp_replace(cast(value, Text), literal("[^0-9]"), literal(""), literal("g"))
    return literal("•••") + func.right(digits, 4)


def mask_text(mask: Mask, value: str | None) -> str | None:
    """The masked value; None stays None."""
    if value is None or mask is Mask.HIDDEN:
        return None
    if mask is Mask.EMAIL:
        return re.sub(r"^(.?)[^@]*@", r"\1•••@", value)
    return "•••" + re.sub(r"[^0-9]", "", value)[-4:]


def masked_for(actor: Actor, record: T) -> T:
    """A detail record as ``actor`` may see it.

    ``record`` is a frozen dataclass whose personal fields are marked
    ``field(metadata={"mask": Mask.EMAIL})``; nested dataclasses and tuples of them are masked too.
    """
    return record if sees_personal_data(actor) else _mask_record(record)


def _mask_record(record: Any) -> Any:
    if isinstance(record, tuple | list):
        return type(record)(_mask_record(item) for item in record)
    if not is_dataclass(record) or isinstance(record, type):
        return record
    changes: dict[str, Any] = {}
    for item in fields(record):
        value = getattr(record, item.name)
        mask = item.metadata.get("mask")
        changed = mask_text(mask, value) if mask else _mask_record(value)
        if changed is not value:
            changes[item.name] = changed
    return replace(record, **changes) if changes else record

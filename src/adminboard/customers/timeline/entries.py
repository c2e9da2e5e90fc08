"""One line of a customer's timeline, of whatever kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from adminboard.core.masking import Mask


class Kind(StrEnum):
    """What people choose by; the words stand in addresses."""

    CALL = "call"
    INVOICE = "invoice"
    EVENT = "event"
    CHANGE = "change"
    OVERRIDE = "override"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, with what its line says; what does not apply is None.

    ``id`` is that of the record, ``url`` where it is shown: None for what has no page or none for this
    reader. ``status`` is the record's word as it is now. ``person`` is whom it is about, ``by`` who did it.
    ``text`` is what somebody said or wrote. ``amount_cents`` is in the minor unit of ``currency``;
    ``credits`` is signed.
    """

    at: datetime
    kind: Kind
    source: str
    id: UUID
    title: str
    url: str | None
    status: str | None = None
    person: str | None = field(default=None, metadata={"mask": Mask.EMAIL})
    by: str | None = None
    phone: str | None = field(default=None, metadata={"mask": Mask.PHONE})
    text: str | None = field(default=None, metadata={"mask": Mask.HIDDEN})
    was: str | None = None
    """The state before, where ``status`` or ``became`` is the one after."""
    became: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    credits: Decimal | None = None
    duration_seconds: int | None = None
    until: datetime | None = None
    """When it ends, or ended."""

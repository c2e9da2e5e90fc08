"""Credits: exact decimals with two places. Stripe amounts are whole cents and need nothing of this."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

_AMOUNT = re.compile(
    r"(?:[+-]?\$?|\$[+-])(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.(?P<decimals>[0-9]+))?"
)
_WHOLE_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})")
_MINUS_SIGN = "\u2212"
_NOT_AN_AMOUNT = "This is not an amount. Write it like 20.00 or -5.50."


def to_credits(value: Any) -> Decimal:
    """Reads credits from text or a whole number, exactly. Raises `ValueError` with a sentence.

    A comma is taken only where it groups thousands, so that "1,50" is never read as 150. A dollar sign and
    the typographic minus sign are taken too, as people copy amounts from pages. A float is refused:
    0.1 + 0.2 has no place in a ledger, and a JSON number with a fraction has already been rounded by whoever
    parsed it.
    """
    if isinstance(value, Decimal):
        value = str(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('Write the amount as text, like "20.00".')
    match = _AMOUNT.fullmatch(_plain(str(value)))
    if match is None:
        raise ValueError(_NOT_AN_AMOUNT)
    if len(match["decimals"] or "") > 2:
        raise ValueError("An amount has at most two decimals.")
    return Decimal(match[0].replace(",", "").replace("$", "")).quantize(CENT)


def to_whole_number(text: str) -> int:
    """Reads a whole number as people write it: "-5", "1,500". Raises `ValueError` with a sentence."""
    plain = _plain(text)
    if not _WHOLE_NUMBER.fullmatch(plain):
        raise ValueError("Write a whole number.")
    return int(plain.replace(",", ""))


def _plain(text: str) -> str:
    return text.strip().replace(_MINUS_SIGN, "-")


Credits = Annotated[
    Decimal,
    BeforeValidator(to_credits),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "decimal", "examples": ["20.00"]}),
]
"""An amount of credits in a command, a response or a setting: text like "45.50" outside, `Decimal` inside."""


def in_dollars(amount: Decimal, *, signed: bool = False) -> str:
    """Credits as people read them: ``$1,234.50``, ``-$2.50``; signed also ``+$20.00``."""
    plus = "+" if signed and amount > 0 else ""
    return f"{'-' if amount < 0 else plus}${abs(amount):,.2f}"

"""Currencies: what Stripe counts them in, and how an amount of one is written.

Stripe counts money in the currency's smallest unit. Some have none, some have thousandths; all others have
hundredths, ISK and UGX too. https://docs.stripe.com/currencies#zero-decimal
"""

import re
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, get_currency_symbol

_WHOLE_UNITS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
USUAL_PLACES = 2
_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.(?P<decimals>[0-9]+))?")


def count_places(code: str) -> int:
    """How many decimal places an amount in the currency's minor unit has; the code is in capitals."""
    return 0 if code in _WHOLE_UNITS else 3 if code in _THOUSANDTHS else USUAL_PLACES


def count_own_places(code: str) -> int:
    """How many decimal places people write, where the amount fits into them."""
    return get_currency_precision(code)


def get_symbol(code: str) -> str:
    """What stands before an amount: "$", "€", or the code and a space that does not break."""
    symbol = get_currency_symbol(code, locale="en_US")
    return f"{code}\N{NO-BREAK SPACE}" if symbol == code else symbol


@cache
def known_currencies() -> tuple[str, ...]:
    """The codes of all currencies there are and were."""
    return tuple(sorted(Locale("en").currencies))


def to_major_units(amount_minor: int, code: str) -> Decimal:
    """The amount as people count it: 7900 of USD is 79.00, 500 of JPY is 500."""
    return Decimal(amount_minor).scaleb(-count_places(code.upper()))


def to_minor_units(text: str, code: str) -> int:
    """Reads an amount as people write it: "79.00" of USD is 7900. Raises `ValueError` with a sentence.

    A comma is taken only where it groups thousands, as for credits (`core.money`).
    """
    places = count_places(code.upper())
    plain = text.strip().removeprefix(get_symbol(code.upper()).strip()).strip()
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise ValueError("This is not an amount. Write it like 20.00.")
    decimals = match["decimals"] or ""
    if len(decimals) > places:
        raise ValueError(f"An amount of {code.upper()} has at most {places} decimals.")
    return int(match["whole"].replace(",", "") + decimals.ljust(places, "0"))


def in_currency(amount_minor: int, code: str) -> str:
    """An amount in the currency's smallest unit by that currency's own rule: "$1,234.50", "¥500"."""
    code = code.upper()
    amount = to_major_units(amount_minor, code)
    own_rule = amount == round(amount, count_own_places(code))
    text: str = format_currency(amount, code, locale="en_US", currency_digits=own_rule)
    return text.replace(code, f"{code}\N{NO-BREAK SPACE}")

"""Currencies: what Stripe counts them in, and how an amount of one is written.

Stripe counts money in the currency's smallest unit. Some have none, some have thousandths; all others have
hundredths, ISK and UGX too. https://docs.stripe.com/currencies#zero-decimal
"""

from functools import cache

from babel import Locale
from babel.numbers import get_currency_precision, get_currency_symbol

_WHOLE_UNITS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
USUAL_PLACES = 2


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

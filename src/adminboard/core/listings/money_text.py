"""Amounts of money as text made by PostgreSQL, for exports: the same text that pages show.

(`web.formatting.format_money` writes it for pages; a test compares the two for every currency.)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Text, case, cast, func, literal
from sqlalchemy.dialects.postgresql import JSONB

from adminboard.core.currencies import (
    USUAL_PLACES,
    count_own_places,
    count_places,
    get_symbol,
    known_currencies,
)

_WHOLE = "FM999,999,999,999,999,990"


def write_money(amount_minor: ColumnElement[Any], currency: ColumnElement[Any]) -> ColumnElement[Any]:
    """An amount in a currency's minor unit as "$1,234.50", "-€2.50", "¥500"; null for no amount.

    US dollars, which most are, skip what has to be looked up for others: exports have millions of rows.
    """
    code = func.upper(currency)
    size = cast(func.abs(amount_minor), Numeric)
    dollars = literal("$") + func.to_char(size / 100, f"{_WHOLE}.00")
    return case((amount_minor < 0, "-"), else_="") + case((code == "USD", dollars), else_=_write(size, code))


def write_credits(value: ColumnElement[Any], *, signed: bool = False) -> ColumnElement[Any]:
    """Credits as "$1,234.50" or "-$2.50"; signed also "+$20.00", and zero without a sign: as `in_dollars`."""
    number = literal("$") + func.to_char(func.abs(value), "FM999,999,999,990.00")
    plus = "+" if signed else ""
    return case((value < 0, "-"), (value > 0, plus), else_="") + number


def _write(size: ColumnElement[Any], code: ColumnElement[Any]) -> ColumnElement[Any]:
    amount = size / func.power(cast(literal(10), Numeric), _look_up_places(_other_places(), code))
    own_places = _look_up_places(_other_own_places(), code)
    places = case((amount == func.round(amount, own_places), own_places), else_=USUAL_PLACES)
    form = literal(_WHOLE) + case((places > 0, literal(".") + func.repeat("0", places)), else_="")
    symbol = func.coalesce(_look_up(_symbols(), code), code + "\N{NO-BREAK SPACE}")
    return symbol + func.to_char(amount, form)


def _look_up_places(table: str, code: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(cast(_look_up(table, code), Integer), USUAL_PLACES)


def _look_up(table: str, code: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(literal(table, Text), JSONB).op("->>", return_type=Text())(code)


@cache
def _other_places() -> str:
    return _others(count_places, lambda _: USUAL_PLACES)


@cache
def _other_own_places() -> str:
    return _others(count_own_places, lambda _: USUAL_PLACES)


@cache
def _symbols() -> str:
    return _others(get_symbol, lambda code: f"{code}\N{NO-BREAK SPACE}")


def _others(rule: Callable[[str], Any], usual: Callable[[str], Any]) -> str:
    """What the rule says of each currency that is not as usual, as JSON."""
    said = {code: rule(code) for code in known_currencies()}
    return json.dumps({code: value for code, value in said.items() if value != usual(code)})

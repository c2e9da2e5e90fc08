"""Keyset paging: the next page begins after the last row's sort value and key, however deep it is.

A cursor is a base64url text of JSON. It is not secret and not trusted: damaged ones are refused with a
sentence, and its values only ever become bound parameters.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, literal, tuple_
from sqlalchemy.types import TypeEngine

from adminboard.core.errors import InvalidInput
from adminboard.core.listings.columns import Expression, Sort

MAX_CURSOR_LENGTH = 2_000
CURSOR_VALUE, CURSOR_KEY = "cursor_value", "cursor_key"
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
"""What a JSON text can hold and the database cannot: null characters and halves of others."""


class DamagedCursor(InvalidInput):
    """The cursor was not made by this list with this sort."""

    title = "This page link is damaged"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: just after (``backward``: before) the row with this value and key.

    ``value`` None stands for rows without a value, which come last.
    """

    sort: str
    value: Any
    key: Any
    backward: bool = False

    def encode(self) -> str:
        data = [self.sort, _to_text(self.value), _to_text(self.key), int(self.backward)]
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def decode_cursor(text: str, sort: str, value_type: TypeEngine[Any], key_type: TypeEngine[Any]) -> Cursor:
    """Reads a cursor of a list that is sorted by ``sort``. Raises `DamagedCursor`."""
    damaged = DamagedCursor(
        "This page link is damaged or belongs to another sort order. Start at the first page."
    )
    if len(text) > MAX_CURSOR_LENGTH:
        raise damaged
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        named, value, key, backward = json.loads(raw)
        if named != sort or backward not in (0, 1) or key is None:
            raise damaged
        return Cursor(sort, _from_text(value, value_type), _from_text(key, key_type), bool(backward))
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        raise damaged from None


def _to_text(value: Any) -> str | int | bool | None:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _from_text(value: Any, kind: TypeEngine[Any]) -> Any:
    if value is None:
        return None
    wanted = kind.python_type
    if wanted in (bool, int, str):
        return _check_plain(value, wanted)
    if not isinstance(value, str):
        raise TypeError("wrong type")
    if issubclass(wanted, Enum):
        return wanted(value)
    if wanted not in _READERS:
        raise TypeError(f"a {wanted.__name__} cannot be sorted by")
    return _READERS[wanted](value)


def _check_plain(value: Any, wanted: type) -> Any:
    is_wanted: bool = type(value) is wanted
    if not is_wanted or (wanted is str and _UNSENDABLE.search(value)):
        raise ValueError("wrong type")
    if wanted is int and abs(value) >= 2**63:
        raise ValueError("out of reach")
    return value


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment


def _read_number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("not finite")
    return number


_READERS: dict[type, Callable[[str], Any]] = {
    datetime: _read_moment,
    Decimal: _read_number,
    date: date.fromisoformat,
    UUID: UUID,
}


def after(sort: Sort, key: Expression, *, descending: bool) -> ColumnElement[bool]:
    """Rows beyond a place, as one row comparison, so that one index answers it.

    The place is given on execution: `CURSOR_VALUE` and `CURSOR_KEY`.
    """
    tiebreak = sort.tiebreak if sort.tiebreak is not None else key
    here = tuple_(sort.expression, tiebreak)
    place = tuple_(
        bindparam(CURSOR_VALUE, type_=sort.expression.type), bindparam(CURSOR_KEY, type_=tiebreak.type)
    )
    return here < place if descending else here > place


def not_beyond(
    sort: Sort, key: Expression, value: Any, key_value: Any, *, descending: bool
) -> ColumnElement[bool]:
    """Rows up to a place, that included. ``value`` None is for a walk through the rows without a value."""
    if value is None:
        last = literal(key_value, key.type)
        return last <= key if descending else last >= key
    tiebreak = sort.tiebreak if sort.tiebreak is not None else key
    here = tuple_(sort.expression, tiebreak)
    place = tuple_(literal(value, sort.expression.type), literal(key_value, tiebreak.type))
    return here >= place if descending else here <= place

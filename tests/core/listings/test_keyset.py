"""Cursors: what was written is read back exactly, and whatever else is refused with a sentence."""

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Boolean, Date, DateTime, Enum, Float, Integer, Numeric, String, Uuid, func
from sqlalchemy.types import TypeEngine

from adminboard.core.listings import Sort
from adminboard.core.listings.keyset import Cursor, DamagedCursor, decode_cursor
from adminboard.core.permissions import Role
from adminboard.users.models import User

KEY = UUID("6f0e5a51-7d3f-4c5c-9d3e-000000000001")
VALUES: list[tuple[Any, TypeEngine[Any]]] = [
    ("Zoë\u2028 'x' \\ % _", String()),
    ("", String()),
    (True, Boolean()),
    (-5, Integer()),
    (2**62, Integer()),
    (Decimal("-12345678.90"), Numeric(14, 2)),
    (datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), DateTime(timezone=True)),
    (datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=-8))), DateTime(timezone=True)),
    (date(2026, 1, 2), Date()),
    (KEY, Uuid()),
    (Role.SUPPORT, Enum(Role)),
    (None, String()),
]


@pytest.mark.parametrize(("value", "kind"), VALUES)
@pytest.mark.parametrize("backward", [True, False])
def test_a_cursor_is_read_back_as_it_was(value: Any, kind: TypeEngine[Any], backward: bool) -> None:
    cursor = Cursor("-name", value, KEY, backward)
    assert decode_cursor(cursor.encode(), "-name", kind, Uuid()) == cursor


@given(st.text())
def test_any_text_the_database_can_hold_is_read_back(text: str) -> None:
    encoded = Cursor("name", text, KEY).encode()
    if "\x00" in text:
        with pytest.raises(DamagedCursor):
            decode_cursor(encoded, "name", String(), Uuid())
    elif len(encoded) <= 2_000:
        assert decode_cursor(encoded, "name", String(), Uuid()).value == text


def encode(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", String()),
        ("!", String()),
        ("é", String()),
        ("A" * 2_001, String()),
        (encode("name"), String()),
        (encode("name", "a", str(KEY)), String()),
        (encode("name", "a", str(KEY), 0, 0), String()),
        (encode("-name", "a", str(KEY), 0), String()),
        (encode("name", "a", None, 0), String()),
        (encode("name", "a", "not an id", 0), String()),
        (encode("name", "a", [], 0), String()),
        (encode("name", "a", str(KEY), 2), String()),
        (encode("name", "a", str(KEY), {}), String()),
        (encode("name", ["a"], str(KEY), 0), String()),
        (encode("name", 5, str(KEY), 0), String()),
        (encode("name", "a\x00", str(KEY), 0), String()),
        (encode("name", "\ud800", str(KEY), 0), String()),
        (encode("name", "5", str(KEY), 0), Integer()),
        (encode("name", True, str(KEY), 0), Integer()),
        (encode("name", 2**63, str(KEY), 0), Integer()),
        (encode("name", 1.5, str(KEY), 0), Integer()),
        (encode("name", "NaN", str(KEY), 0), Numeric()),
        (encode("name", "Infinity", str(KEY), 0), Numeric()),
        (encode("name", "five", str(KEY), 0), Numeric()),
        (encode("name", "2026-01-02T03:04:05", str(KEY), 0), DateTime(timezone=True)),
        (encode("name", "yesterday", str(KEY), 0), DateTime(timezone=True)),
        (encode("name", "owner", str(KEY), 0), Enum(Role)),
        (encode("name", "1.5", str(KEY), 0), Float()),
        (base64.urlsafe_b64encode(b"[" * 1_000).decode(), String()),
        (base64.urlsafe_b64encode(b"\xff\xfe").decode(), String()),
    ],
)
def test_anything_else_is_refused(text: str, kind: TypeEngine[Any]) -> None:
    with pytest.raises(DamagedCursor, match="Start at the first page"):
        decode_cursor(text, "name", kind, Uuid())


@given(st.text(max_size=50))
def test_no_text_is_a_fault(text: str) -> None:
    try:
        decode_cursor(text, "name", String(), Uuid())
    except DamagedCursor:
        return


def test_a_sort_whose_type_is_not_known_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="not known"):
        Sort(func.lower(User.email))
    assert Sort(func.lower(User.email, type_=String)).nullable is False

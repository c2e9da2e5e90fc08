"""The CSV of appointments: everything that matches, as the list shows it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from adminboard.core.permissions import Role
from tests.appointments.asking import find
from tests.clients import BoardUnderTest
from tests.factories import START, make_appointment, make_end_user, make_user


@pytest.fixture(scope="module", autouse=True)
def booked(board: BoardUnderTest) -> None:
    with board.rows() as session:
        owner = make_user(session, email="jane@example.com")
        customer = make_end_user(
            session, name="=HYPERLINK(1)", email="carl@customers.test", phone="+14155550123"
        )
        for number in range(120):
            start = START - timedelta(hours=number)
            make_appointment(
                session,
                user_id=owner.id,
                end_user_id=customer.id,
                title=f"Number {number:03}",
                starts_at=start,
                ends_at=start + timedelta(minutes=30),
            )


def export(board: BoardUnderTest, role: Role = Role.SUPPORT, **parameters: Any) -> list[dict[str, str]]:
    response = board.browser(role).get("/appointments/export.csv", params=parameters)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))


def test_it_has_every_row_and_every_column_in_the_lists_order(board: BoardUnderTest) -> None:
    rows = export(board)
    assert [row["Title"] for row in rows] == find(board.program(), limit=200)
    first = rows[0]
    assert first["Start"] == "2026-01-15T12:00:00Z"
    assert first["Owner"] == "jane@example.com"
    assert first["Customer"] == "'=HYPERLINK(1)"
    assert first["Customer phone"].endswith("+14155550123")
    assert first["Duration (seconds)"] == "1800"
    assert first["Confirmation"] == ""


def test_it_keeps_to_search_and_filters(board: BoardUnderTest) -> None:
    assert [row["Title"] for row in export(board, q="number 11", sort="starts_at")][:2] == [
        "Number 119",
        "Number 118",
    ]
    assert export(board, status="no_show") == []


def test_viewers_take_it_away_masked(board: BoardUnderTest) -> None:
    first = export(board, Role.VIEWER)[0]
    assert first["Owner"] == "j•••@example.com"
    assert first["Customer email"] == "c•••@customers.test"
    assert first["Customer phone"] == "•••0123"

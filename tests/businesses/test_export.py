"""The CSV of businesses: everything the filter matches, readable in a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest

from adminboard.core.permissions import Role
from tests.businesses.asking import find
from tests.clients import BoardUnderTest
from tests.factories import START, make_business, make_business_figures, make_user

HEADER = [
    *("Name", "Owner", "Industry", "Phone", "Calls (30 d)", "Status", "Created"),
    *("Time zone", "Website", "Address"),
]


@pytest.fixture(scope="module", autouse=True)
def businesses(board: BoardUnderTest) -> None:
    with board.rows() as session:
        owner = make_user(session, email="jane@example.com")
        for number in range(70):
            business = make_business(
                session,
                owner_id=owner.id,
                name=f"Business {number:02}",
                industry="Plumbing" if number % 2 else None,
                primary_phone="+12125550147",
                created_at=START - timedelta(hours=number),
            )
            if number % 3 == 0:
                make_business_figures(session, business_id=business.id, calls_30d=number + 1)


def export(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> list[list[str]]:
    response = board.browser(role).get(f"/businesses/export.csv?{query}")
    assert response.status_code == 200, response.text
    return list(csv.reader(io.StringIO(response.content.decode().removeprefix("\ufeff"), newline="")))


def test_it_has_every_column_and_every_row(board: BoardUnderTest) -> None:
    rows = export(board, "limit=25&columns=name")
    assert rows[0] == HEADER
    assert len(rows) == 71
    assert rows[1] == [
        *("Business 00", "jane@example.com", "", "'+12125550147", "1", "active", "2026-01-15T12:00:00Z"),
        *("UTC", "", ""),
    ]
    assert rows[2][4:6] == ["0", "no_calls"]


@pytest.mark.parametrize(
    "query", ["", "sort=name", "sort=-calls_30d", "sort=calls_30d", "industry=Plumbing", "active=no", "q=05"]
)
def test_it_keeps_filter_search_and_order(query: str, board: BoardUnderTest) -> None:
    asked = dict(part.split("=") for part in query.split("&") if part)
    assert [row[0] for row in export(board, query)[1:]] == find(board.program(), limit=200, **asked)


def test_viewers_get_masked_values(board: BoardUnderTest) -> None:
    rows = export(board, role=Role.VIEWER)
    assert {tuple(row[1:4:2]) for row in rows[1:]} == {("j•••@example.com", "•••0147")}

"""No export can run a formula in a spreadsheet, whatever stands in the database.

The lists are those the board has: a new one is tried as it comes.
"""

import csv
import io
import re
from collections.abc import Iterator

import pytest

from adminboard.areas import AREAS
from adminboard.core.listings import Listing
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.guarantees.hostile import fill

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
OWN_AMOUNT = re.compile(r"[+-]\$[0-9,]+\.[0-9]{2}|-[0-9]+")
LISTINGS = {listing.name: listing for area in AREAS for listing in area.listings}


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        for start in STARTS:
            fill(board, f"{start}1+cmd|' /C calc'!A0")
        yield board


def read_cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def is_formula(cell: str) -> bool:
    return cell.startswith(STARTS) and not OWN_AMOUNT.fullmatch(cell)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VIEWER])
@pytest.mark.parametrize("listing", LISTINGS.values(), ids=lambda listing: listing.name)
def test_no_cell_of_any_export_is_a_formula(listing: Listing, role: Role, board: BoardUnderTest) -> None:
    answer = board.browser(role).get(f"{listing.path}/export.csv")
    if answer.status_code == 403:
        assert role is Role.VIEWER
        return
    rows = read_cells(answer.content.decode())
    assert len(rows) > len(STARTS)
    assert not [cell for row in rows for cell in row if is_formula(cell)]


def test_what_looked_like_one_is_still_there_as_text(board: BoardUnderTest) -> None:
    text = board.browser(Role.ADMIN).get("/users/export.csv").content.decode()
    cells = {cell for row in read_cells(text) for cell in row}
    for start in STARTS:
        assert any(cell.startswith(f"'{start}1+cmd|' /C calc'!A0") for cell in cells), repr(start)


@pytest.mark.parametrize("listing", LISTINGS.values(), ids=lambda listing: listing.name)
def test_a_program_gets_no_formula_either(listing: Listing, board: BoardUnderTest) -> None:
    path = f"/v1/admin{listing.api_path or listing.path}"
    answer = board.program().get(path, headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    rows = read_cells(answer.content.decode())
    assert len(rows) > 1
    assert not [cell for row in rows for cell in row if is_formula(cell)]

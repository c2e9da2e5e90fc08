"""A board on which nothing has happened yet: every list says what will fill it, and what to do."""

from collections.abc import Iterator

import pytest

from adminboard.areas import AREAS
from adminboard.core.listings import Listing
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.pages import Page

NEVER_EMPTY = {"admins", "audit"}
"""Whoever looks at them stands in them."""
LISTINGS = [
    listing
    for area in AREAS
    for listing in area.listings
    if listing.has_page and listing.name not in NEVER_EMPTY
]


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_an_empty_list_says_what_will_fill_it(listing: Listing, board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    page = Page(browser.get(f"{listing.path}?sort={listing.sort}").text)
    said = page.root.get("div", class_="empty-state")
    assert said.get("h2").text == f"No {listing.noun.many} yet"
    assert said.get("p").text == listing.empty
    assert listing.empty != Listing.empty
    assert page.rows == []
    assert page.count == f"0 {listing.noun.many}"
    assert browser.get(f"{listing.path}/export.csv").text.count("\n") == 1

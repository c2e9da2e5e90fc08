"""Every icon the board names is in the sprite; one that is not would be an empty place nobody notices."""

import re
from collections.abc import Iterator

import pytest

from adminboard.areas import AREAS
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.web.assets import DIST, manifest
from adminboard.web.tones import tone_of
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.guarantees.hostile import addresses_of, fill
from tests.guarantees.routes import pages_that_show

HOW = "name it in frontend/src/icons.txt and run make frontend"
_USED = re.compile(r'/icons-[0-9a-f]+\.svg#([^"]*)"')


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


@pytest.fixture(scope="module")
def sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (DIST / manifest()["icons.svg"]).read_text()))


def test_every_entry_of_the_sidebar_has_its_icon(sprite: set[str]) -> None:
    named = {item.icon for area in AREAS for item in area.navigation}
    assert named <= sprite, f"{named - sprite}: {HOW}"


def test_every_badge_has_its_icon(sprite: set[str]) -> None:
    named = {tone_of(word).icon for word in ("past_due", "failed", "error", "debt")}
    assert named <= sprite, f"{named - sprite}: {HOW}"


def test_every_page_has_its_icons(board: BoardUnderTest, sprite: set[str]) -> None:
    scene = fill(board, "text")
    browser = board.browser(Role.ADMIN)
    for address in [*pages_that_show(board), *addresses_of(scene), "/search?q=text", "/login"]:
        if not address.endswith(".csv"):
            used = set(_USED.findall(browser.get(address).text))
            assert used <= sprite, f"{address} shows {used - sprite}: {HOW}"

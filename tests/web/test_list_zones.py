"""Days of another zone than the reader's: what a figure counted by its own days is found by exactly those."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from adminboard.areas import AREAS
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.factories import make_business, make_call
from tests.pages import Page
from tests.web.sample_list import area

TOKYO = ZoneInfo("Asia/Tokyo")
FOUND = {
    "the evening before there": datetime(2026, 1, 14, 23, 59, tzinfo=TOKYO),
    "that night there": datetime(2026, 1, 15, 0, 0, tzinfo=TOKYO),
    "that evening there": datetime(2026, 1, 15, 23, 59, tzinfo=TOKYO),
    "that evening in Los Angeles": datetime(2026, 1, 15, 23, 59, tzinfo=ZoneInfo("America/Los_Angeles")),
}
THAT_DAY = ["that evening there", "that night there"]


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            for name, moment in FOUND.items():
                business = make_business(session, name=name)
                make_call(session, business_id=business.id, started_at=moment)
        yield board


def get(board: BoardUnderTest, query: str) -> Page:
    """The list as somebody in Los Angeles gets it, where it is four in the morning of the 15th."""
    return Page(board.browser(Role.SUPPORT).get(f"/samples?{query}").text)


def names(page: Page) -> list[str]:
    return [row["Business"] for row in page.rows]


def test_a_day_is_that_of_the_zone_that_is_named(board: BoardUnderTest) -> None:
    assert names(get(board, "started=today&started_zone=Asia/Tokyo")) == THAT_DAY
    assert names(get(board, "started=today")) == ["that evening in Los Angeles", "that evening there"]


def test_so_are_days_that_are_typed(board: BoardUnderTest) -> None:
    query = "started_from=2026-01-15&started_to=2026-01-15&started_zone=Asia/Tokyo"
    page = get(board, query)
    assert names(page) == THAT_DAY
    assert page.root.get("summary", class_="chip-on").text == "Time: 2026-01-15 to 2026-01-15 in Tokyo"


def test_the_zone_goes_along_until_other_days_are_chosen(board: BoardUnderTest) -> None:
    page = get(board, "started=today&started_zone=Asia/Tokyo")
    assert page.root.get("summary", class_="chip-on").text == "Time: today in Tokyo"
    assert page.form("/samples").values["started_zone"] == ["Asia/Tokyo"]
    assert "started_zone=Asia%2FTokyo" in page.link("sort-started_at")
    presets = page.root.get("p", class_="chip-presets").find_all("a")
    assert presets
    assert not any("zone" in preset.attributes["href"] for preset in presets)
    assert page.root.get("a", class_="chip-remove").attributes["href"] == "/samples?sort=-started_at"


def test_a_zone_alone_asks_for_no_days(board: BoardUnderTest) -> None:
    assert len(names(get(board, "started_zone=Asia/Tokyo&sort=started_at"))) == len(FOUND)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "x" * 5_000])
def test_what_is_no_zone_is_said_beside_the_filter(board: BoardUnderTest, zone: str) -> None:
    page = get(board, f"started=today&started_zone={zone}")
    assert "is no time zone like America/Los_Angeles" in page.root.get("p", class_="field-error").text

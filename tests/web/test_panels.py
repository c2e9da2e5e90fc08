"""What the database cannot give of a page leaves the rest of it to be read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text

from adminboard.areas import AREAS
from adminboard.calls.models import CallLog, CallStatus
from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, open_board
from tests.db.templates import copied_database
from tests.factories import START, make_business
from tests.pages import Page
from tests.web.sample_list import area

DETAIL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
NUMBER = 2_000


def call(index: int, business: UUID) -> dict[str, Any]:
    """The calls get older and longer; the oldest of all has no length."""
    return {
        "id": uuid4(),
        "business_id": business,
        "caller_name": f"Caller {index}",
        "receiving_phone": "+14155550199",
        "started_at": START - timedelta(minutes=index),
        "duration_seconds": (index + 1) * 30 if index < NUMBER - 1 else 0,
        "status": CallStatus.FORWARDED,
        "created_at": START,
        "updated_at": START,
    }


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            business = make_business(session).id
            session.execute(insert(CallLog), [call(index, business) for index in range(NUMBER)])
            session.execute(text("ANALYZE call_logs"))
        yield board


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.browser(Role.SUPPORT)


@pytest.fixture
def newest(browser: Browser) -> list[str]:
    """The two newest calls: of 30 seconds, which the database cannot give, and of 60."""
    return Page(browser.get("/samples?sort=-started_at&limit=2").text).row_ids


def test_a_detail_that_fails_leaves_the_list(browser: Browser, newest: list[str]) -> None:
    answer = browser.get(f"/samples?limit=25&selected={newest[0]}")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert len(page.rows) == 25
    pane = page.root.get("aside", id="detail")
    assert "The database refuses" in pane.text
    assert pane.get("a", class_="detail-close").attributes["href"] == "/samples?limit=25"
    retry = pane.get("div", class_="error-panel").get("a")
    assert retry.attributes["href"] == f"/samples?limit=25&selected={newest[0]}"
    assert retry.attributes["hx-target"] == "closest aside"
    assert page.root.find_all("a", class_="menu-item"), "what is read after the detail is there too"


def test_its_fragment_says_the_same(browser: Browser, newest: list[str]) -> None:
    answer = browser.get(f"/samples?selected={newest[0]}", headers=DETAIL)
    assert answer.status_code == 200
    assert "The database refuses" in Page(answer.text).root.get("article", class_="detail").text


def test_what_is_read_after_a_failed_part_is_there(browser: Browser, newest: list[str]) -> None:
    with_toast = f"/samples?selected={newest[0]}&done={UUID(int=7)}"
    assert browser.get(with_toast).status_code == 200


def test_a_count_that_fails_leaves_the_list(browser: Browser) -> None:
    page = Page(browser.get("/samples?fails=late&limit=1&count=shown").text)
    assert len(page.rows) == 1
    assert "cannot be compared" in page.count
    assert page.root.get("span", class_="list-count").get("a").text == "Count again"


def test_a_count_that_fails_later_is_a_sentence(browser: Browser) -> None:
    page = Page(browser.get("/samples?fails=late&limit=1").text)
    source = page.root.get("span", class_="list-count").attributes["hx-get"]
    answer = browser.get(source, headers=DETAIL | {"HX-Target": "span#count"})
    assert answer.status_code == 422
    assert "cannot be compared" in answer.text


def test_a_record_that_is_not_there_is_still_not_found(browser: Browser) -> None:
    assert browser.get(f"/samples?selected={UUID(int=7)}").status_code == 404


def test_the_tab_says_which_record_is_open(browser: Browser, newest: list[str]) -> None:
    address = f"/samples?selected={newest[1]}"
    title = "Caller 1 · Sample calls · AICallGO Admin Board"
    assert Page(browser.get(address).text).root.get("title").text == title
    assert Page(browser.get(address, headers=DETAIL).text).root.get("title").text == title
    closed = Page(browser.get("/samples").text).root.get("title").text
    closer = Page(browser.get(address).text).root.get("a", class_="detail-close")
    assert closer.attributes["data-title"] == closed == "Sample calls · AICallGO Admin Board"

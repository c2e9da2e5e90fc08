"""Figures above a list: of what matches, after the page, in one statement, and alone in their failure."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.areas import AREAS
from adminboard.calls.models import CallStatus
from adminboard.core.permissions import Permission, Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest, Browser, open_board, recorded_queries
from tests.db.templates import copied_database
from tests.factories import START, make_business, make_call
from tests.pages import Page
from tests.web.problems import read_problem
from tests.web.sample_list import area

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#cards"}


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board(addresses, areas=[*AREAS, area]) as board,
    ):
        with board.rows() as session:
            business = make_business(session).id
            for index in range(10):
                make_call(
                    session,
                    business_id=business,
                    started_at=START - timedelta(days=index),
                    duration_seconds=index * 60,
                    status=CallStatus.MISSED if index < 3 else CallStatus.VOICEMAIL,
                )
        yield board


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.browser(Role.SUPPORT)


def figures(page: Page) -> dict[str, str]:
    cards = page.root.find_all("div", class_="figure-card")
    return {card.get("dt").text: card.get("dd").text for card in cards}


def test_the_page_keeps_their_places_and_asks_for_them_later(board: BoardUnderTest, browser: Browser) -> None:
    page = Page(browser.get("/samples?status=missed").text)
    panel = page.root.get("section", class_="figures-panel")
    assert figures(page) == {"Calls": "Loading", "Missed": "Loading", "Longest": "Loading of all"}
    fragment = Page(browser.get(panel.attributes["hx-get"], headers=PARTIAL).text)
    assert figures(fragment) == {"Calls": "3", "Missed": "3", "Longest": "2:00 of all"}
    assert len(fragment.root.find_all("section")) == 0


def test_without_scripts_a_link_shows_them(browser: Browser) -> None:
    page = Page(browser.get("/samples?minutes_from=8").text)
    link = page.root.get("p", class_="without-script").get("a").attributes["href"]
    shown = Page(browser.get(link).text)
    assert figures(shown) == {"Calls": "2", "Missed": "0", "Longest": "9:00 of all"}
    assert "minutes_from=8" in link
    assert "cards=" not in shown.link("sort-duration")


def test_they_count_what_the_page_shows_at_its_bare_address(browser: Browser) -> None:
    panel = Page(browser.get("/samples").text).root.get("section", class_="figures-panel")
    assert figures(Page(browser.get(panel.attributes["hx-get"]).text))["Calls"] == "7"
    assert figures(Page(browser.get("/samples/cards").text))["Calls"] == "10"


def test_they_are_the_same_part_as_long_as_the_same_rows_match(browser: Browser) -> None:
    def part(query: str) -> str:
        page = Page(browser.get(f"/samples?{query}").text)
        return page.root.get("section", class_="figures-panel").attributes["id"]

    assert part("status=missed") == part("status=missed&sort=duration&limit=25&columns=started_at")
    assert part("status=missed") != part("status=voicemail")


def test_a_card_leads_to_what_it_counts(browser: Browser) -> None:
    page = Page(browser.get("/samples/cards?started=7d&status=voicemail").text)
    link = page.root.get("a").attributes["href"]
    assert link == "/samples?started=7d&status=missed"
    assert page.root.find_all("div", class_="figure-error") == []
    some = Page(browser.get("/samples/cards?started=7d").text)
    assert some.root.get("div", class_="figure-error").get("dd").text == "3"


def test_they_are_one_statement(board: BoardUnderTest, browser: Browser) -> None:
    with recorded_queries(board.runtime.database.engine) as nothing:
        browser.get("/samples/options?owner=")
    with recorded_queries(board.runtime.database.engine) as statements:
        browser.get("/samples/cards?status=missed&started=7d")
    assert len(statements) - len(nothing) == 1
    assert "businesses" not in statements[-1]


def test_of_nothing_they_are_zero_and_missing(browser: Browser) -> None:
    page = Page(browser.get("/samples/cards?status=error").text)
    assert figures(page) == {"Calls": "0", "Missed": "0", "Longest": "N/A of all"}


def test_the_api_gives_them_by_name(board: BoardUnderTest) -> None:
    program = board.program(Permission.CUSTOMERS_READ)
    assert program.get("/v1/admin/samples/cards?status=missed").json() == {
        "calls": 3,
        "missed": 3,
        "longest": 120,
    }
    read_problem(program.get("/v1/admin/samples/cards?status=lost"), 422)
    read_problem(board.program(Permission.AUDIT_READ).get("/v1/admin/samples/cards"), 403, "forbidden")
    described = program.get("/v1/openapi.json").json()["paths"]["/v1/admin/samples/cards"]["get"]
    assert {"status", "started", "minutes_from"} <= {item["name"] for item in described["parameters"]}


def test_when_the_database_refuses_them_they_can_be_tried_again(browser: Browser) -> None:
    answer = browser.get("/broken/cards?status=missed", headers=PARTIAL)
    assert answer.status_code == 503
    retry = Page(answer.text).root.get("div", class_="error-panel").get("a")
    assert retry.attributes["hx-get"] == "/broken/cards?status=missed"
    assert retry.attributes["hx-target"] == "closest [data-panel]"


def test_when_the_database_refuses_them_the_page_stays_readable(browser: Browser) -> None:
    answer = browser.get("/broken?cards=shown&status=missed")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert len(page.rows) == 3
    panel = page.root.get("section", class_="figures-panel")
    assert "The database refuses" in panel.text
    assert panel.get("a").text == "Try again"

"""The guide inside the board: who reads it, what each page shows, and which page is offered where."""

from collections.abc import Iterator

import pytest

from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.guide.pages import PLACES, get_picture
from adminboard.guide.pictures import read_size
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import copied_database
from tests.guide.test_texts import PAGES
from tests.pages import Page


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        yield board


def open_page(board: BoardUnderTest, path: str, role: Role = Role.VIEWER) -> Page:
    answer = board.browser(role).get(path)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


WITHOUT_PICTURES = {"failed-payment"}
"""About what happens over days: there is no one screen to show."""


@pytest.mark.parametrize("name", sorted(set(PAGES) - WITHOUT_PICTURES))
def test_every_page_shows_its_pictures_at_their_size(board: BoardUnderTest, name: str) -> None:
    page = open_page(board, f"/help/{name}")
    article = page.root.get("article", **{"class": "guide"})
    pictures = article.find_all("img")
    assert pictures, f"docs/guide/{name}.md shows no picture; tools/pictures takes them (`make guide`)"
    for picture in pictures:
        file = picture.attributes["src"].removeprefix("/help/pictures/")
        size = (int(picture.attributes["width"]), int(picture.attributes["height"]))
        assert size == read_size(get_picture(file))
        assert picture.attributes["alt"]


def test_links_and_tables_are_those_of_the_board(board: BoardUnderTest) -> None:
    page = open_page(board, "/help/refund")
    assert "/help/adjust-credits" in page.links()
    assert page.root.get("article", **{"class": "guide"}).find_all("table")


def test_a_picture_comes_with_its_kind_and_may_be_kept_for_a_day(board: BoardUnderTest) -> None:
    answer = board.browser(Role.VIEWER).get("/help/pictures/refund-form.webp")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert answer.content == get_picture("refund-form.webp").read_bytes()


@pytest.mark.parametrize(
    "path", ["/help/nothing", "/help/README", "/help/..%2FSCREENS", "/help/pictures/nothing.webp"]
)
def test_what_the_guide_does_not_have_is_not_found(board: BoardUnderTest, path: str) -> None:
    assert board.browser(Role.ADMIN).get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "offered"),
    [
        ("/credits/balances", "/help/adjust-credits"),
        ("/billing/invoices", "/help/refund"),
        ("/billing/subscriptions", "/help/change-seats"),
        ("/billing/grace-periods", "/help/failed-payment"),
        ("/actions/billing.reset_grace_period", "/help/failed-payment"),
        ("/actions/credits.adjust", "/help/adjust-credits"),
        ("/", None),
    ],
)
def test_the_page_about_where_one_is_comes_first(
    board: BoardUnderTest, path: str, offered: str | None
) -> None:
    menu = open_page(board, path, Role.BILLING).root.get("nav", **{"aria-label": "Guide"})
    links = [link.attributes["href"] for link in menu.find_all("a")]
    assert links[-1] == "/help"
    assert sorted(set(links) - {"/help"}) == [f"/help/{name}" for name in PAGES]
    assert links.count(links[0]) == (2 if offered else 1)
    assert links[0] == (offered or "/help/suspend-a-customer")


def test_a_wheel_brings_the_pages_to_where_they_are_looked_for() -> None:
    assert PLACES[0].parts[-3:] == ("adminboard", "guide", "pages")

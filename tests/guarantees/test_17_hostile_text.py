"""Hostile text in every text column shows as text on every page and fragment, under a strict policy.

Here by the elements and attributes of the answers; the end-to-end tests try it in a browser.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from tests.clients import BoardUnderTest
from tests.db.templates import copied_database
from tests.guarantees.hostile import Scene, addresses_of, fill
from tests.guarantees.routes import list_routes, pages_that_show
from tests.pages import Page
from tests.stand_in import Served, open_board_on_stripe

CORPUS = (
    '<xss-element onxss="1">\'"</xss-element>',
    "\"><xss-element onxss='1'>",
    "' onxss='1' \" onxss=\"1\" `",
    "</title></textarea></script></style><xss-element>",
    "javascript:xss()//",
    "<script>xss()</script>",
    "<img src=x onerror=xss()>",
    "<svg/onload=xss()>",
    "<!-- --><xss-element> &lt;b&gt; &#60;xss-element&#62;",
    "{{ 731317 * 731317 }}{% raw %}${731317*731317}#{731317*731317}",
    "\u2028</script\u00a0><xss-element>",
    "\u202e<xss-element>\u202c",
)
TOGETHER = tuple(" ".join(CORPUS[place : place + 4]) for place in range(0, len(CORPUS), 4))
"""The same in a few texts, each short enough to be searched for: what is escaped wrongly comes alive there
too. That an address begins with a script shows at the beginning of a text only."""
FRAGMENTS: tuple[dict[str, str], ...] = (
    {},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"},
    {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "dialog#dialog"},
)


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str, served_standin: Served) -> Iterator[BoardUnderTest]:
    with (
        copied_database(server, template_database) as addresses,
        open_board_on_stripe(addresses, served_standin) as board,
    ):
        yield board


@pytest.fixture(scope="module")
def scenes(board: BoardUnderTest) -> list[Scene]:
    """Each text of the corpus is in each column once."""
    for role in Role:
        board.browser(role)
    return [fill(board, text) for text in TOGETHER]


def assert_harmless(html: str, where: str) -> None:
    """No element, attribute or address of the corpus has come alive."""
    for element in Page(html).root.walk():
        attributes = element.attributes
        assert not element.tag.startswith("xss"), where
        assert not any(name.startswith(("on", "hx-on", "style")) for name in attributes), where
        assert element.tag not in ("style", "iframe", "object", "embed", "base"), where
        assert element.tag != "script" or attributes.get("src", "").startswith("/static/"), where
        for name in ("href", "src", "action", "formaction", "hx-get", "hx-post"):
            address = attributes.get(name, "").strip().lower()
            assert not address.startswith(("javascript:", "data:", "vbscript:", "//")), where
    assert str(731317 * 731317) not in html, where


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_what_people_wrote_shows_as_text_on_every_page(
    role: Role, board: BoardUnderTest, scenes: list[Scene]
) -> None:
    """Viewers see masked what admins see; the other roles see parts of what admins see."""
    browser = board.browser(role)
    seen = 0
    for address, headers in product(pages_that_show(board), FRAGMENTS):
        if address.endswith(".csv"):
            continue
        answer = browser.get(address, headers=headers)
        assert answer.status_code < 500, address
        assert_harmless(answer.text, f"{address} {headers}")
        seen += "&lt;xss-element" in answer.text or "&lt;script&gt;xss" in answer.text
    assert seen >= 2


@pytest.mark.parametrize("number", range(len(TOGETHER)))
def test_it_shows_as_text_in_every_panel_and_form(
    number: int, board: BoardUnderTest, scenes: list[Scene]
) -> None:
    browser = board.browser(Role.ADMIN)
    for address, headers in product(addresses_of(scenes[number]), FRAGMENTS):
        answer = browser.get(address, headers=headers)
        assert answer.status_code < 500, address
        assert_harmless(answer.text, address)


def test_the_panels_do_show_it(board: BoardUnderTest, scenes: list[Scene]) -> None:
    browser = board.browser(Role.ADMIN)
    shown = [address for address in addresses_of(scenes[0]) if "&lt;xss-element" in browser.get(address).text]
    assert len(shown) >= 6


@pytest.mark.parametrize("text", TOGETHER)
def test_what_is_asked_shows_as_text(text: str, board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    for address in pages_that_show(board):
        if address.endswith(".csv"):
            continue
        names = ("q", "sort", "limit", "cursor", "selected", "plan", "columns", "return_to", "user", "reason")
        answer = browser.get(address, params=dict.fromkeys(names, text))
        assert answer.status_code < 500, address
        assert_harmless(answer.text, address)
    assert_harmless(browser.get(f"/{text}").text, "an unknown address")
    assert_harmless(board.stranger().get("/login", params={"next": text}).text, "/login")


@pytest.mark.parametrize("text", TOGETHER)
def test_what_is_typed_into_a_form_shows_as_text(text: str, board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    for route in list_routes(board.app):
        if route.door != "page_write" or route.path == "/logout":
            continue
        names = ("user", "amount", "reason", "type", "email", "name", "code", "query", "expires_at", "next")
        answer = browser.submit(route.address, dict.fromkeys(names, text))
        assert answer.status_code < 500, route.name
        assert_harmless(answer.text, route.name)


def test_every_answer_carries_the_policy(board: BoardUnderTest) -> None:
    browser = board.browser(Role.ADMIN)
    addresses = [*pages_that_show(board), "/nothing", "/login", "/healthz", "/v1/docs", "/v1/nothing"]
    for address in addresses:
        headers = browser.get(address).headers
        policy = dict(
            directive.strip().split(" ", 1) for directive in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'", address
        assert policy["script-src"] == "'self'", address
        assert "unsafe" not in headers["content-security-policy"], address
        assert policy["frame-ancestors"] == "'none'", address
        assert headers["x-content-type-options"] == "nosniff", address
        # Pictures of the guide show nobody's data, and are the same for all.
        kept = "private, max-age=86400" if address.startswith("/help/pictures/") else "no-store"
        assert headers["cache-control"] == kept, address


def test_json_and_csv_are_never_taken_for_a_page(board: BoardUnderTest, scenes: list[Scene]) -> None:
    program = board.program()
    for route in list_routes(board.app):
        if route.door == "api_read":
            kind = program.get(route.address).headers["content-type"]
            assert kind.startswith(("application/json", "application/problem+json")), route.name
    export = board.browser(Role.ADMIN).get("/users/export.csv")
    assert export.headers["content-disposition"].startswith("attachment;")

"""Unsafe requests need to come from the board's own pages, forms carry their session's token, and no GET
changes a row, but the audit of who exported a list.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.core.permissions import Role
from adminboard.db.embedded import EmbeddedServer
from adminboard.web.csrf import TOKEN_LIFETIME, make_csrf_token
from tests.clients import PUBLIC_URL, BoardUnderTest, Browser, open_board
from tests.db.templates import copied_database
from tests.dumps import changed_tables, dump_tables
from tests.factories import make_user
from tests.guarantees.routes import Route, list_routes, pages_that_show

FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sibling": {"Sec-Fetch-Site": "same-site"},
    "typed into the address bar": {"Sec-Fetch-Site": "none"},
    "an old browser on another site": {"Origin": "https://evil.test"},
    "a sandboxed frame": {"Origin": "null"},
    "a lookalike": {"Origin": "https://board.test.evil.test"},
    "another port": {"Origin": "https://board.test:8443"},
    "no origin at all": {},
    "a liar": {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC_URL},
    "only a referer": {"Referer": f"{PUBLIC_URL}/users"},
}
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def board(server: EmbeddedServer, template_database: str) -> Iterator[BoardUnderTest]:
    with copied_database(server, template_database) as addresses, open_board(addresses) as board:
        with board.rows() as session:
            for _ in range(3):
                make_user(session)
        yield board


@pytest.fixture(scope="module")
def unsafe_pages(board: BoardUnderTest) -> list[Route]:
    return [
        route
        for route in list_routes(board.app)
        if route.is_unsafe and not route.is_api and not route.is_signed
    ]


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    """An administrator whose browser sends no header of its own accord."""
    browser = board.new_browser(Role.ADMIN)
    del browser.headers["Sec-Fetch-Site"]
    return browser


@pytest.mark.parametrize("sender", FOREIGN)
def test_what_comes_from_elsewhere_is_refused_everywhere(
    sender: str, board: BoardUnderTest, browser: Browser, unsafe_pages: list[Route]
) -> None:
    token = browser.csrf_token()
    before = dump_tables(board)
    assert len(unsafe_pages) > 10
    for route in unsafe_pages:
        answer = browser.request(
            route.method, route.address, data={"csrf_token": token}, headers=FOREIGN[sender]
        )
        assert answer.status_code == 403, f"{route.name} from {sender}"
    assert changed_tables(before, dump_tables(board)) == set()


def test_a_form_of_another_site_cannot_end_a_session(browser: Browser) -> None:
    answer = browser.post("/logout", headers=FOREIGN["another site"])
    assert answer.status_code == 403
    assert browser.get("/users", follow_redirects=False).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_any_method_that_changes_is_held_to_it(method: str, browser: Browser) -> None:
    assert browser.request(method, "/users", headers=FOREIGN["another site"]).status_code == 403


@pytest.mark.parametrize("headers", [OWN, {"Origin": PUBLIC_URL}])
def test_the_boards_own_pages_come_through(headers: dict[str, str], browser: Browser) -> None:
    fields = {"csrf_token": browser.csrf_token(), "name": "Mine", "query": ""}
    answer = browser.post("/views/users", data=fields, headers=headers, follow_redirects=False)
    assert answer.status_code == 303


def test_every_form_needs_the_token_of_its_session(
    board: BoardUnderTest, browser: Browser, unsafe_pages: list[Route]
) -> None:
    other = board.new_browser(Role.ADMIN)
    runtime = board.runtime
    expired_at = board.clock.now()
    expired = runtime.signed.sign("csrf", "x", expires_at=expired_at)
    wrong = [
        "",
        "forged",
        other.csrf_token(),
        make_csrf_token(runtime, None),
        expired,
        "é\u2028",
        "x" * 9_999,
    ]
    before = dump_tables(board)
    for route in unsafe_pages:
        if route.is_public:
            continue
        for token in [None, *wrong]:
            data = {} if token is None else {"csrf_token": token}
            answer = browser.request(route.method, route.address, data=data, headers=OWN)
            assert answer.status_code == 403, f"{route.name} with the token {token!r}"
            assert "out of date" in answer.text
    assert changed_tables(before, dump_tables(board)) == set()


def test_a_token_is_good_for_a_day(board: BoardUnderTest) -> None:
    browser = board.new_browser(Role.SUPPORT)
    token = make_csrf_token(board.runtime, None)
    assert browser.admin is not None
    read = board.runtime.signed.read
    assert read("csrf", token, now=board.clock.now() + TOKEN_LIFETIME - timedelta(seconds=1)) is not None
    assert read("csrf", token, now=board.clock.now() + TOKEN_LIFETIME) is None


def test_a_token_may_come_in_the_header_htmx_sends(board: BoardUnderTest, browser: Browser) -> None:
    headers = OWN | {"X-CSRF-Token": browser.csrf_token()}
    answer = browser.post(
        "/views/users", data={"name": "Two", "query": ""}, headers=headers, follow_redirects=False
    )
    assert answer.status_code == 303


def test_no_page_that_shows_changes_a_row(board: BoardUnderTest) -> None:
    browser = board.new_browser(Role.ADMIN)
    browser.csrf_token()
    for address in pages_that_show(board):
        before = dump_tables(board)
        answer = browser.get(address, follow_redirects=False)
        assert answer.status_code < 500, f"{address}: {answer.text[:300]}"
        allowed = {"board.audit_entries", "board.audit_head"} if address.endswith("export.csv") else set()
        assert changed_tables(before, dump_tables(board)) <= allowed, address


def test_no_call_that_shows_changes_a_row(board: BoardUnderTest) -> None:
    program = board.program()
    before = dump_tables(board)
    for route in list_routes(board.app):
        if route.door == "api_read":
            assert program.get(route.address).status_code < 500, route.name
    assert changed_tables(before, dump_tables(board)) == set()


def test_no_public_page_that_shows_changes_a_row(board: BoardUnderTest) -> None:
    before = dump_tables(board)
    for route in list_routes(board.app):
        if route.is_public and not route.is_unsafe:
            assert board.stranger().get(route.address).status_code < 500, route.name
    assert changed_tables(before, dump_tables(board)) == set()

"""Errors as pages: framed for who is logged in, plain for others, and readable whatever is missing."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from adminboard.core.permissions import Role
from adminboard.db.embedded import APP_ROLE
from adminboard.web import assets
from adminboard.web.errors import DatabaseUnavailable, as_domain_error
from tests.clients import BoardUnderTest, open_board
from tests.db.templates import Addresses
from tests.pages import Page


def has_frame(page: Page) -> bool:
    return bool(page.root.find_all("nav", class_="sidebar"))


@pytest.mark.parametrize("address", ["/nothing", "/users/nothing/here", "/static/nothing.css"])
def test_an_unknown_address_keeps_the_frame_for_who_is_logged_in(address: str, board: BoardUnderTest) -> None:
    answer = board.browser(Role.VIEWER).get(address)
    assert answer.status_code == 404
    page = Page(answer.text)
    assert has_frame(page)
    assert "/users" in page.links()


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("the connection is lost"),
        InternalError("SELECT 1", None, psycopg.InternalError("received 2 results from command 'BEGIN'")),
    ],
    ids=["between two statements", "right behind an answer"],
)
def test_a_connection_that_is_lost_means_that_the_database_does_not_answer(error: Exception) -> None:
    problem = as_domain_error(error)
    assert isinstance(problem, DatabaseUnavailable)
    assert problem.status == 503


def test_a_method_that_a_page_does_not_take_keeps_it_too(board: BoardUnderTest) -> None:
    answer = board.browser(Role.VIEWER).post("/users")
    assert answer.status_code == 405
    assert has_frame(Page(answer.text))
    assert answer.headers["Allow"] == "GET"


def test_a_method_that_an_address_does_not_take_is_answered_with_those_it_takes(
    board: BoardUnderTest,
) -> None:
    answer = board.program(role=Role.ADMIN).request("DELETE", "/v1/admin/billing/reconcile")
    assert (answer.status_code, answer.json()["code"]) == (405, "no_such_method")
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("limit=201", "limit", "Write a number of at most 200."),
        ("status=lost", "status", "Choose one of 'received', "),
        ("skip=many", "skip", "Input should be a valid integer"),
        ("until=soon", "until", "Write the moment like 2026-12-01T14:30, with or without a time zone."),
    ],
)
def test_what_is_wrong_in_an_address_is_said_as_of_a_body(
    board: BoardUnderTest, query: str, field: str, sentence: str
) -> None:
    problem = board.program(role=Role.ADMIN).get(f"/v1/admin/billing/events?{query}").json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["message"].startswith(sentence)
    assert sentence in problem["detail"]


def test_an_unknown_address_tells_a_stranger_nothing_of_the_board(board: BoardUnderTest) -> None:
    stranger = board.stranger()
    for cookie in (None, "forged", "forged.stamp"):
        if cookie is not None:
            stranger.cookies.set(board.app.state.board.authenticator.cookie_name, cookie)
        page = Page(stranger.get("/nothing").text)
        assert not has_frame(page)
        assert "There is nothing at this address." in page.text
        assert "/users" not in page.links()


def test_a_fragment_that_is_not_there_stays_a_fragment(board: BoardUnderTest) -> None:
    answer = board.browser(Role.VIEWER).get("/nothing", headers={"HX-Request-Type": "partial"})
    assert answer.status_code == 404
    assert "<html" not in answer.text


@pytest.fixture
def broken_board(fresh_addresses: Addresses) -> Iterator[BoardUnderTest]:
    with open_board(fresh_addresses) as board:
        yield board


def test_an_unknown_address_is_told_without_the_frame_when_nobody_can_be_recognised(
    broken_board: BoardUnderTest,
) -> None:
    browser = broken_board.browser(Role.VIEWER)
    with broken_board.rows() as session:
        session.execute(text(f"REVOKE SELECT ON board.sessions FROM {APP_ROLE}"))  # noqa: S608 - a name of ours
    answer = browser.get("/nothing")
    assert answer.status_code == 404
    assert not has_frame(Page(answer.text))


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}])
def test_what_comes_from_elsewhere_is_refused_by_a_page_without_the_frame(
    headers: dict[str, str], board: BoardUnderTest
) -> None:
    browser = board.new_browser(Role.ADMIN)
    del browser.headers["Sec-Fetch-Site"]
    answer = browser.post("/logout", headers=headers)
    page = Page(answer.text)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not has_frame(page)
    assert "does not come from a page of the board" in page.text
    assert answer.headers["x-request-id"] in page.text


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A board whose front end was never built."""
    monkeypatch.setattr(assets, "DIST", Path("/nowhere"))
    assets.manifest.cache_clear()
    yield
    monkeypatch.undo()
    assets.manifest.cache_clear()


@pytest.mark.parametrize("address", ["/login", "/users", "/static/board.css"])
def test_a_board_that_was_never_built_says_so(address: str, board: BoardUnderTest, unbuilt: None) -> None:
    answer = board.browser(Role.ADMIN).get(address)
    assert answer.status_code == 503
    assert "Run `make frontend`." in Page(answer.text).text


def test_other_errors_are_told_by_a_board_that_was_never_built(board: BoardUnderTest, unbuilt: None) -> None:
    for headers in ({}, {"HX-Request-Type": "partial"}):
        answer = board.browser(Role.ADMIN).get("/nothing", headers=headers)
        assert answer.status_code == 404
        assert "There is nothing at this address." in answer.text
        assert "/static/" not in answer.text

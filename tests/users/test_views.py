"""Saved views: filters under a name, each admin's own."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import SavedView
from adminboard.core.permissions import Role
from adminboard.web.saved_views import MAX_VIEWS
from tests.clients import BoardUnderTest, Browser
from tests.factories import make_saved_view
from tests.pages import Page


@pytest.fixture
def browser(board: BoardUnderTest) -> Browser:
    return board.new_browser(Role.SUPPORT)


def views_on(browser: Browser, query: str = "") -> dict[str, str]:
    """The saved views the page offers, by name."""
    page = Page(browser.get(f"/users{query}").text)
    return {
        link.text: link.attributes["href"]
        for link in page.root.get("details", id="list-views").find_all("a", class_="menu-item")
    }


def count_views(board: BoardUnderTest) -> int:
    with board.runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(SavedView)) or 0


def last_action(board: BoardUnderTest) -> str | None:
    with board.runtime.reading() as session:
        return session.scalar(select(AuditEntry.action).order_by(AuditEntry.position.desc()).limit(1))


def test_a_view_keeps_the_filters_of_the_page_it_was_saved_on(
    board: BoardUnderTest, browser: Browser
) -> None:
    form = Page(browser.get("/users?active=no&sort=email&limit=25").text).form("/views/users")
    answer = browser.post(form.action, data=form.values | {"name": "Gone"}, follow_redirects=False)
    assert answer.status_code == 303
    assert views_on(browser)["Gone"] == "/users?active=no&sort=email&limit=25"
    assert last_action(board) == "views.save"


def test_a_view_in_force_is_marked(browser: Browser) -> None:
    browser.submit("/views/users", {"name": "Gone", "query": "active=no"})
    page = Page(browser.get("/users?active=no").text)
    marked = page.root.find_all("a", class_="menu-item", aria_current="true")
    assert [link.text for link in marked] == ["Gone"]


def test_a_view_of_the_same_name_is_replaced(browser: Browser) -> None:
    browser.submit("/views/users", {"name": "Mine", "query": "active=no"})
    browser.submit("/views/users", {"name": "Mine", "query": "active=yes"})
    assert views_on(browser)["Mine"] == "/users?active=yes"
    assert list(views_on(browser)).count("Mine") == 1


def test_views_are_each_admins_own(board: BoardUnderTest, browser: Browser) -> None:
    browser.submit("/views/users", {"name": "Private", "query": "active=no"})
    assert "Private" not in views_on(board.new_browser(Role.SUPPORT))


def test_a_view_can_be_deleted(board: BoardUnderTest, browser: Browser) -> None:
    browser.submit("/views/users", {"name": "Brief", "query": "active=no"})
    form = Page(browser.get("/users").text).form("/views/")
    assert form.action.endswith("/removal")
    answer = browser.post(form.action, data=form.values, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/users")
    assert "Brief" not in views_on(browser)
    assert last_action(board) == "views.remove"


def test_another_admins_view_cannot_be_deleted(board: BoardUnderTest, browser: Browser) -> None:
    with board.rows() as session:
        view = make_saved_view(session)
    before = count_views(board)
    assert browser.submit(f"/views/{view.id}/removal").status_code == 404
    assert count_views(board) == before


def test_deleting_twice_says_that_it_is_gone(browser: Browser) -> None:
    answer = browser.submit(f"/views/{uuid4()}/removal")
    assert answer.status_code == 404
    assert "does not exist any more" in answer.text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x07b", "a\nb"])
def test_a_view_needs_a_name(name: str, board: BoardUnderTest, browser: Browser) -> None:
    before = count_views(board)
    answer = browser.submit("/views/users", {"name": name, "query": "active=no"})
    assert answer.status_code == 422
    assert "1 to 60 characters" in answer.text
    assert count_views(board) == before


@pytest.mark.parametrize("query", ["q=" + "x" * 4_001, "active=no\r\nLocation: https://evil.test"])
def test_a_view_is_bounded_and_one_line(query: str, browser: Browser) -> None:
    assert browser.submit("/views/users", {"name": "Odd", "query": query}).status_code == 422


def test_a_list_that_does_not_exist_has_no_views(browser: Browser) -> None:
    assert browser.submit("/views/nothing", {"name": "Odd", "query": ""}).status_code == 404


def test_at_most_so_many_views_but_an_old_one_can_still_be_replaced(
    board: BoardUnderTest, browser: Browser
) -> None:
    assert browser.admin is not None
    with board.rows() as session:
        for number in range(MAX_VIEWS):
            make_saved_view(session, admin_id=browser.admin.id, name=f"View {number}")
    refused = browser.submit("/views/users", {"name": "One more", "query": "active=no"})
    assert refused.status_code == 409
    assert "Delete one first" in refused.text
    assert browser.submit("/views/users", {"name": "View 7", "query": "active=no"}).status_code == 303


def test_a_viewer_may_keep_views_too(board: BoardUnderTest) -> None:
    answer = board.browser(Role.VIEWER).submit("/views/users", {"name": "Mine", "query": "active=no"})
    assert answer.status_code == 303


def test_hostile_names_stay_text(browser: Browser) -> None:
    browser.submit("/views/users", {"name": "<script>alert(1)</script>", "query": "q=%22%3E%3Cb%3E"})
    html = browser.get("/users").text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html

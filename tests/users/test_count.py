"""How many users there are: exact while that is cheap, "over 10,000" beyond, exact on demand."""

import pytest
from sqlalchemy import text

from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest
from tests.factories import make_organization
from tests.pages import Page

INSERT = text(
    """
    INSERT INTO users
        (id, email, organization_id, is_active, is_superuser, onboarding_status, created_at, updated_at)
    SELECT gen_random_uuid(), 'user' || number || '@many.test', :payer, number % 2 = 0, false, 'completed',
           timestamptz '2026-01-01' + number * interval '1 second', now()
    FROM generate_series(1, :number) AS number
    """
)


@pytest.fixture(scope="module", autouse=True)
def crowd(board: BoardUnderTest) -> None:
    with board.rows() as session:
        payer = make_organization(session).id
        session.execute(INSERT, {"payer": payer, "number": 10_003})
        session.execute(text("ANALYZE users"))


def get(board: BoardUnderTest, query: str = "") -> Page:
    """The page with its count, as a browser without scripts gets it."""
    return Page(board.browser(Role.SUPPORT).get(f"/users?{query}&count=shown").text)


def test_beyond_ten_thousand_the_count_is_not_exact(board: BoardUnderTest) -> None:
    assert get(board).count == "over 10,000 users count exactly"


def test_a_page_does_not_wait_for_its_count(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    page = Page(browser.get("/users?active=yes&sort=email").text)
    place = page.root.get("span", class_="list-count")
    source, shown = place.attributes["hx-get"], place.get("a").attributes["href"]
    assert "5,001" not in page.text
    assert Page(browser.get(source).text).text.startswith("5,001 users")
    assert Page(browser.get(shown).text).count == "5,001 users"
    assert "sort=email" in shown


def test_the_button_that_exports_them_says_how_many_once_they_are_counted(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    page = Page(browser.get("/users?active=yes&sort=email").text)
    place = page.root.get("a", title="Download everything found as CSV").get("span", class_="export-count")
    assert place.text == ""
    source = page.root.get("span", class_="list-count").attributes["hx-get"]
    part = Page(browser.get(source).text).root.get("hx-partial")
    assert part.attributes["hx-target"] == f"#{place.attributes['id']}"
    assert part.text == "5,001 users"
    assert part.get("span").attributes["title"] == "Download 5,001 users"


def test_without_scripts_it_says_so_when_they_are_counted(board: BoardUnderTest) -> None:
    assert get(board).root.get("span", class_="export-count").text == "10,000+ users"
    few = Page(board.browser(Role.SUPPORT).get("/users?q=user9999").text)
    assert few.root.get("span", class_="export-count").text == few.count


def test_a_count_that_cannot_be_is_a_sentence(board: BoardUnderTest) -> None:
    answer = board.browser(Role.SUPPORT).get("/users/count?active=perhaps")
    assert answer.status_code == 422
    assert "write yes or no" in answer.text


def test_it_is_exact_on_demand(board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.SUPPORT).get(get(board).link("count-exactly")).text)
    assert page.count == "10,003 users"


def test_a_filter_that_leaves_fewer_is_counted_exactly(board: BoardUnderTest) -> None:
    assert get(board, "active=yes").count == "5,001 users"


def test_counting_exactly_keeps_search_and_filters(board: BoardUnderTest) -> None:
    link = get(board, "q=many.test&sort=email").link("count-exactly")
    assert "q=many.test" in link
    assert Page(board.browser(Role.SUPPORT).get(link).text).count == "10,003 users"


def test_a_search_of_many_is_counted_up_to_the_limit(board: BoardUnderTest) -> None:
    assert get(board, "q=many.test").count == "over 10,000 users count exactly"
    assert get(board, "q=user99").count == "111 users"


def test_the_api_says_whether_its_count_is_exact(board: BoardUnderTest) -> None:
    program = board.program()
    count = program.get("/v1/admin/users?limit=1").json()["count"]
    assert count == {"value": 10_000, "exact": False}
    exact = program.get("/v1/admin/users?limit=1&count=exact").json()["count"]
    assert exact == {"value": 10_003, "exact": True}


def test_a_page_deep_in_the_list_is_one_step_like_any(board: BoardUnderTest) -> None:
    program = board.program()
    parameters = {"limit": "200", "sort": "email"}
    seen = 0
    while "cursor" not in parameters or parameters["cursor"]:
        answer = program.get("/v1/admin/users", params=parameters).json()
        seen += len(answer["items"])
        parameters["cursor"] = answer["next_cursor"] or ""
    assert seen == 10_003


def test_everybody_is_exported(board: BoardUnderTest) -> None:
    text_ = board.browser(Role.SUPPORT).get("/users/export.csv?q=many.test").text
    assert text_.count("\n") == 10_004

"""All balances: columns, filters, search, sort, the panel beside the list."""

import pytest

from adminboard.core.permissions import Role
from adminboard.users.models import User
from tests.clients import BoardUnderTest, recorded_queries
from tests.credits.pages.changing import adjust, new_user
from tests.pages import Page


@pytest.fixture(scope="module", autouse=True)
def people(board: BoardUnderTest, jane: User) -> None:
    """Beside Jane with 25: Low with 4.99, five with exactly 5, and Deb who owes 4.20."""
    adjust(board, new_user(board, email="low@example.com", full_name="Low Lou"), "4.99")
    adjust(board, new_user(board, email="five@example.com"), "5.00")
    owing = new_user(board, email="deb@example.com")
    adjust(board, owing, "-4.20", acknowledge=["negative_balance"])


def get(board: BoardUnderTest, query: str = "", *, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/credits/balances?{query}")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def users(page: Page) -> list[str]:
    return [row["User"].partition("@")[0] for row in page.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["deb", "five", "low", "jane"]),
        ("sort=total", ["deb", "low", "five", "jane"]),
        ("sort=-total", ["jane", "five", "low", "deb"]),
        ("low=yes&sort=total", ["deb", "low"]),
        ("low=no&sort=total", ["five", "jane"]),
        ("debt=yes", ["deb"]),
        ("active=yes&sort=total", ["deb", "low", "five", "jane"]),
        ("active=no", []),
        ("total_from=4.99&total_to=5&sort=total", ["low", "five"]),
        ("q=lou", ["low"]),
        ("q=fi", ["five"]),
        ("updated_to=2026-01-14", []),
    ],
)
def test_the_list_answers(board: BoardUnderTest, query: str, found: list[str]) -> None:
    assert users(get(board, query)) == found


def test_who_is_inactive_can_be_left_out(board: BoardUnderTest, jane: User) -> None:
    with board.rows() as session:
        session.get_one(User, jane.id).is_active = False
    try:
        assert users(get(board, "active=no")) == ["jane"]
        assert users(get(board, "active=yes&sort=total")) == ["deb", "low", "five"]
    finally:
        with board.rows() as session:
            session.get_one(User, jane.id).is_active = True


def test_a_row_shows_every_bucket(board: BoardUnderTest) -> None:
    row = get(board, "q=jane").rows[0]
    shown = ("Total", "Trial", "Subscription", "Credit pack", "Adjustment")
    assert [row[name] for name in shown] == ["$25.00", "$10.00", "$15.00", "$0.00", "$0.00"]


def test_the_tabs_lead_both_ways(board: BoardUnderTest) -> None:
    assert "/credits" in get(board).links()
    assert "/credits/balances" in Page(board.browser(Role.SUPPORT).get("/credits").text).links()


def test_the_panel_leads_to_the_user_the_ledger_and_the_adjustment(board: BoardUnderTest, jane: User) -> None:
    links = get(board, f"selected={jane.id}").links()
    assert f"/credits?user={jane.id}" in links
    assert f"/credits?user={jane.id}&tab=proof" in links
    assert f"/users?q={jane.id}&selected={jane.id}" in links
    assert any(link.startswith(f"/actions/credits.adjust?user={jane.id}") for link in links)


def test_a_viewer_sees_masked_people_and_cannot_search_by_part(board: BoardUnderTest) -> None:
    page = get(board, role=Role.VIEWER)
    assert "j•••@example.com" in page.text
    assert "jane@example.com" not in page.html
    assert get(board, "q=jan", role=Role.VIEWER).rows == []
    assert len(get(board, "q=jane@example.com", role=Role.VIEWER).rows) == 1


def test_a_wrong_amount_is_refused_above_the_list(board: BoardUnderTest) -> None:
    page = get(board, "total_from=lots")
    assert "Total: This is not an amount" in page.alerts[0]
    assert len(page.rows) == 4


def test_the_page_costs_the_same_queries_with_and_without_filters(board: BoardUnderTest) -> None:
    costs = {}
    for query in ("", "sort=total", "debt=yes", "low=yes&sort=total"):
        with recorded_queries(board.runtime.database.engine) as statements:
            get(board, query)
        costs[query] = len(statements)
    own_order = costs.pop("")
    assert set(costs.values()) == {own_order + 1}, "keys first, then rows"
    assert own_order <= 4

"""The list of businesses as staff see it: its rows, links, order, pages, and how much it asks."""

from datetime import timedelta

import pytest

from adminboard.core.permissions import Role
from tests.businesses.asking import find, get
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_business, make_business_figures, make_user
from tests.pages import Page

LONG = "The very best plumbers, heaters and electricians of the whole county and beyond " * 6


@pytest.fixture(scope="module", autouse=True)
def businesses(board: BoardUnderTest) -> dict[str, str]:
    """One with everything, one with nothing, odd names, and 60 more of somebody else."""
    with board.rows() as session:
        jane = make_user(session, email="Jane@Example.com", full_name="Jane Smith")
        acme = make_business(
            session,
            owner_id=jane.id,
            name="Acme Plumbing",
            industry="Plumbing",
            primary_phone="+12125550147",
            created_at=START - timedelta(days=1),
        )
        make_business_figures(session, business_id=acme.id, calls_30d=1234)
        bare = make_business(
            session,
            owner_id=jane.id,
            name="Bare",
            industry=None,
            website=None,
            address=None,
            primary_phone=None,
            created_at=START - timedelta(days=2),
        )
        for days, name in enumerate((LONG, "مطعم منصوري", "👩🏽‍🍳 Café"), start=3):
            make_business(session, name=name, created_at=START - timedelta(days=days))
        filler = make_user(session, email="filler@fill.test")
        for number in range(60):
            make_business(
                session,
                owner_id=filler.id,
                name=f"Filler {number:02}",
                created_at=START - timedelta(days=30, minutes=number),
            )
    return {"jane": str(jane.id), "acme": str(acme.id), "bare": str(bare.id), "filler": str(filler.id)}


def test_a_row_tells_whose_it_is_and_how_much_it_is_called(
    board: BoardUnderTest, businesses: dict[str, str]
) -> None:
    page = get(board)
    assert page.headers == [
        "Name",
        "Owner",
        "Industry",
        "Phone",
        "Calls (30 d)",
        "Status",
        "Created",
    ]
    acme = page.rows[0]
    assert acme["Name"] == "Acme Plumbing"
    assert acme["Owner"] == "Jane@Example.com"
    assert acme["Industry"] == "Plumbing"
    assert acme["Phone"] == "(212) 555-0147"
    assert acme["Calls (30 d)"] == "1,234"
    assert acme["Status"] == "active"
    assert acme["Created"] == "2026-01-14 04:00 PST"
    assert f"/users?selected={businesses['jane']}" in page.links()


def test_what_is_not_there_is_said_not_left_blank(board: BoardUnderTest) -> None:
    bare = get(board).rows[1]
    assert (bare["Industry"], bare["Phone"]) == ("N/A", "N/A")
    assert bare["Calls (30 d)"] == "0"
    assert bare["Status"] == "no calls"


def test_long_and_foreign_names_stand_whole(board: BoardUnderTest) -> None:
    names = [row["Name"] for row in get(board).rows[2:5]]
    assert names == [LONG.strip(), "مطعم منصوري", "👩🏽‍🍳 Café"]


def test_time_zone_website_and_address_can_be_added(board: BoardUnderTest) -> None:
    page = get(board, "columns=name&columns=timezone&columns=website&columns=address")
    assert page.headers == ["Name", "Time zone", "Website", "Address"]


def test_the_newest_come_first(board: BoardUnderTest) -> None:
    assert [row["Name"] for row in get(board).rows[:2]] == ["Acme Plumbing", "Bare"]


@pytest.mark.parametrize("sort", ["name", "calls_30d", "created_at"])
def test_a_header_sorts_both_ways(sort: str, board: BoardUnderTest) -> None:
    program = board.program()
    up, down = find(program, sort=sort, limit=200), find(program, sort=f"-{sort}", limit=200)
    assert up == down[::-1]
    assert len(up) == 65
    assert get(board).link(f"sort-{sort}")


def test_the_most_called_come_first_and_those_without_calls_last(board: BoardUnderTest) -> None:
    program = board.program()
    assert find(program, sort="-calls_30d", limit=1) == ["Acme Plumbing"]
    assert find(program, sort="calls_30d", limit=200)[-1] == "Acme Plumbing"
    assert get(board, "sort=-calls_30d").rows[0]["Name"] == "Acme Plumbing"


@pytest.mark.parametrize("sort", ["name", "-calls_30d", "calls_30d", "-created_at"])
def test_pages_hold_every_business_once_there_and_back(sort: str, board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    page = get(board, f"sort={sort}&limit=25")
    ids = page.row_ids
    while page.link("page-next"):
        page = Page(browser.get(page.link("page-next")).text)
        ids = ids + page.row_ids
    assert len(ids) == len(set(ids)) == 65
    back = page.row_ids
    while page.link("page-previous"):
        page = Page(browser.get(page.link("page-previous")).text)
        back = page.row_ids + back
    assert back == ids


def test_they_are_counted(board: BoardUnderTest) -> None:
    assert get(board, "count=shown").count == "65 businesses"
    assert get(board, "q=acme").count == "1 business"


def test_views_come_with_the_list(board: BoardUnderTest) -> None:
    links = get(board).links()
    assert "/businesses?sort=-calls_30d" in links
    assert "/businesses?active=no" in links


def test_nothing_found_says_so(board: BoardUnderTest) -> None:
    assert "No businesses match" in get(board, "q=nobody-at-all").text


def test_viewers_see_owners_and_numbers_masked(board: BoardUnderTest) -> None:
    acme = get(board, role=Role.VIEWER).rows[0]
    assert acme["Owner"] == "J•••@Example.com"
    assert acme["Phone"] == "•••0147"
    assert acme["Name"] == "Acme Plumbing"


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("limit=25", "limit=100", "limit=25&q=fill", "limit=100&q=fill", "limit=100&owner=x"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/businesses?{query}").status_code == 200
        costs[query] = len(statements)
    assert costs["limit=25"] == costs["limit=100"] <= 6
    assert costs["limit=25&q=fill"] == costs["limit=100&q=fill"] <= 8
    assert costs["limit=100&owner=x"] <= 7

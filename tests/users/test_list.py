"""The list of users as staff see it: what stands in it, its columns, sizes, counts and empty states."""

from datetime import timedelta
from decimal import Decimal

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.credit_factories import make_grant
from tests.factories import (
    START,
    make_organization,
    make_plan,
    make_plan_override,
    make_subscription,
    make_user,
    make_user_figures,
)
from tests.pages import Page

JANE_LOGGED_IN = START - timedelta(hours=3)


@pytest.fixture(scope="module", autouse=True)
def people(board: BoardUnderTest) -> None:
    """Jane pays for Scale, Otto's plan is overridden, Nina has nothing yet; 60 more fill pages."""
    with board.rows() as session:
        scale = make_plan(session, name="Scale", slug="scale")
        starter = make_plan(session, name="Starter", slug="starter")
        acme = make_organization(session, name="Acme", slug="acme")
        make_subscription(session, organization_id=acme.id, plan_id=scale.id)
        jane = make_user(
            session,
            email="Jane@Example.com",
            full_name="Jane Smith",
            organization_id=acme.id,
            last_login_at=JANE_LOGGED_IN,
            created_at=START - timedelta(days=1),
        )
        make_grant(session, jane.id, Decimal("45.50"))
        make_user_figures(session, user_id=jane.id, calls_30d=12)
        ottos = make_organization(session, name="Otto's")
        make_subscription(
            session, organization_id=ottos.id, plan_id=starter.id, status=SubscriptionStatus.TRIALING
        )
        make_plan_override(session, organization_id=ottos.id, plan_id=scale.id)
        make_user(
            session, email="otto@example.com", organization_id=ottos.id, created_at=START - timedelta(days=2)
        )
        make_user(
            session,
            email="nina@example.com",
            full_name=None,
            is_active=False,
            created_at=START - timedelta(days=3),
        )
        for number in range(60):
            make_user(
                session,
                email=f"filler{number:02}@fill.test",
                created_at=START - timedelta(days=30, minutes=number),
            )


def get(board: BoardUnderTest, query: str = "", role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(f"/users?{query}")
    assert response.status_code == 200, response.text
    return Page(response.text)


def test_a_row_tells_what_support_needs_first(board: BoardUnderTest) -> None:
    page = get(board)
    assert page.headers == [
        "Email",
        "Full name",
        "Plan",
        "Status",
        "Created",
        "Credits",
        "Calls (30 d)",
        "Last login",
    ]
    jane = page.rows[0]
    assert jane["Email"] == "Jane@Example.com"
    assert jane["Full name"] == "Jane Smith"
    assert jane["Plan"].endswith("Scale")
    assert jane["Status"].endswith("active")
    assert jane["Credits"] == "$45.50"
    assert jane["Calls (30 d)"] == "12"
    assert "2026" in jane["Created"]


def test_a_plan_override_stands_in_for_the_paid_plan(board: BoardUnderTest) -> None:
    assert get(board).rows[1]["Plan"].endswith("Scale")


def test_what_is_not_there_is_said_not_left_blank(board: BoardUnderTest) -> None:
    nina = get(board).rows[2]
    assert nina["Email"] == "nina@example.com"
    assert nina["Status"].endswith("inactive")
    assert (nina["Full name"], nina["Plan"], nina["Last login"]) == ("N/A", "N/A", "N/A")
    assert nina["Calls (30 d)"] == "0"


def test_the_newest_users_come_first(board: BoardUnderTest) -> None:
    emails = [row["Email"] for row in get(board).rows[:4]]
    assert emails == ["Jane@Example.com", "otto@example.com", "nina@example.com", "filler00@fill.test"]


@pytest.mark.parametrize("size", [25, 50])
def test_a_page_has_as_many_rows_as_asked_for(size: int, board: BoardUnderTest) -> None:
    page = get(board, f"limit={size}")
    assert len(page.rows) == size
    assert page.link("page-next")
    assert not page.link("page-previous")


def test_a_page_that_holds_everything_leads_nowhere(board: BoardUnderTest) -> None:
    page = get(board, "limit=100")
    assert len(page.rows) == 63
    assert not page.link("page-next")


def test_the_number_of_rows_is_said_exactly_while_it_is_small(board: BoardUnderTest) -> None:
    assert get(board, "count=shown").count == "63 users"
    assert get(board, "q=jane").count == "1 user"
    assert get(board, "limit=100").count == "63 users"


def test_next_and_previous_lead_there_and_back(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    first = get(board, "limit=25")
    second = Page(browser.get(first.link("page-next")).text)
    again = Page(browser.get(second.link("page-previous")).text)
    assert not set(first.row_ids) & set(second.row_ids)
    assert again.row_ids == first.row_ids
    assert not again.link("page-previous")


def test_a_changed_filter_starts_at_the_first_page(board: BoardUnderTest) -> None:
    first = get(board, "limit=25")
    second = Page(board.browser(Role.SUPPORT).get(first.link("page-next")).text)
    assert "cursor" not in second.form("/users").values
    assert "cursor" not in second.link("sort-email")


def test_the_list_form_carries_sort_and_size_along(board: BoardUnderTest) -> None:
    values = get(board, "sort=email&limit=25&active=yes&q=fill").form("/users").values
    assert values["sort"] == ["email"]
    assert values["limit"] == ["25"]
    assert values["active"] == ["yes"]
    assert values["q"] == ["fill"]


def test_a_header_sorts_and_sorts_the_other_way_round(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    page = Page(browser.get(get(board).link("sort-email")).text)
    emails = [row["Email"].lower() for row in page.rows]
    assert emails == sorted(emails)
    turned = Page(browser.get(page.link("sort-email")).text)
    assert turned.rows[0]["Email"] == "otto@example.com"


def test_columns_can_be_chosen_and_put_back(board: BoardUnderTest) -> None:
    page = get(board, "columns=email&columns=credits")
    assert page.headers == ["Email", "Credits"]
    assert "/users" in [link for link in page.links() if "columns" not in link]
    assert get(board, "columns=credits").headers == ["Email", "Credits"]


def test_choosing_columns_keeps_search_filters_and_sort(board: BoardUnderTest) -> None:
    page = get(board, "q=fill&active=yes&sort=email&limit=25")
    chooser = page.root.get("details", id="list-columns")
    sent = {
        field.attributes["name"]: field.attributes["value"]
        for field in chooser.find_all("input", type="hidden")
        if field.attributes["name"] != "columns"
    }
    assert sent == {"q": "fill", "active": "yes", "sort": "email", "limit": "25"}


def test_nothing_found_says_so_and_offers_to_clear(board: BoardUnderTest) -> None:
    page = get(board, "q=nobody-at-all")
    assert "No users match" in page.text
    assert "Clear the filters" in page.text
    assert page.count == "0 users"


def test_filters_can_be_cleared_at_once_and_one_by_one(board: BoardUnderTest) -> None:
    page = get(board, "q=fill&active=yes&plan=scale&sort=email")
    assert page.root.get("a", class_="toolbar-clear").attributes["href"] == "/users?sort=email"
    removals = {
        link.attributes["aria-label"]: link.attributes["href"]
        for link in page.root.find_all("a", class_="chip-remove")
    }
    assert removals["Remove the filter Plan"] == "/users?q=fill&active=yes&sort=email"


def test_those_of_one_customer_say_so(board: BoardUnderTest) -> None:
    page = get(board, "customer=acme")
    assert page.root.get("span", class_="chip-record").text == "Customer: Acme"
    assert [row["Email"] for row in page.rows] == ["Jane@Example.com"]


def test_a_filter_in_force_says_what_it_keeps(board: BoardUnderTest) -> None:
    chips = [
        chip.text for chip in get(board, "plan=scale&active=no").root.find_all("span", class_="chip-text")
    ]
    assert chips == ["Plan: Scale", "Active: inactive"]


BAD_PARAMETERS = {
    "sort=password": "cannot be sorted by",
    "sort=email;drop table users": "cannot be sorted by",
    "limit=0": "page size",
    "limit=1000000": "page size",
    "limit=ten": "page size",
    "limit=-1": "page size",
    "limit=9" + "9" * 4000: "page size",
    "active=perhaps": "write yes or no",
    "override=1": "write yes or no",
    "subscription=excellent": "is none of",
    "created_from=yesterday": "write a date",
    "created_from=0001-01-01": "choose a date",
    "created_to=9999-12-31": "choose a date",
    "created_from=2026-02-01&created_to=2026-01-01": "comes after",
    "q=" + "x" * 201: "at most 200",
    "q=%00": "cannot be printed",
    "q=a%0ab": "cannot be printed",
    "cursor=nonsense": "damaged",
    "cursor=" + "A" * 3000: "damaged",
    "plan=" + "x" * 201: "choose among",
    "plan=" + "&plan=".join(str(number) for number in range(60)): "at most 50",
    "plan=%00": "choose among",
}


@pytest.mark.parametrize("query", BAD_PARAMETERS)
def test_a_bad_parameter_is_answered_with_a_sentence_above_the_rows(
    query: str, board: BoardUnderTest
) -> None:
    page = get(board, query)
    assert len(page.alerts) == 1
    assert BAD_PARAMETERS[query] in page.alerts[0]
    assert page.rows


def test_several_bad_parameters_are_all_named(board: BoardUnderTest) -> None:
    alert = get(board, "sort=nope&limit=0&active=perhaps").alerts[0]
    assert "sorted" in alert
    assert "page size" in alert
    assert "yes or no" in alert


def test_a_plan_that_does_not_exist_finds_nobody(board: BoardUnderTest) -> None:
    page = get(board, "plan=unheard-of")
    assert page.rows == []
    assert not page.alerts


def test_a_cursor_of_another_sort_is_refused(board: BoardUnderTest) -> None:
    link = get(board, "limit=25&sort=email").link("page-next")
    page = get(board, link.partition("?")[2].replace("sort=email", "sort=-email"))
    assert "another sort order" in page.alerts[0]


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("limit=25", "limit=100", "limit=25&q=fill", "limit=100&q=fill"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/users?{query}").status_code == 200
        costs[query] = len(statements)
    assert costs["limit=25"] == costs["limit=100"]
    assert costs["limit=25"] == 2, "who asks, and the page"
    assert costs["limit=25&q=fill"] == costs["limit=100&q=fill"]
    assert max(costs.values()) <= 8

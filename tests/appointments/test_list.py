"""The list of appointments as staff see it: its rows, links, order, pages, and how much it asks."""

from datetime import timedelta
from typing import Any

import pytest

from adminboard.appointments.models import AppointmentStatus, BookingSource
from adminboard.core.permissions import Role
from tests.appointments.asking import find, get
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_appointment, make_business, make_end_user, make_user
from tests.pages import Page

LONG = "Inspection of the boiler, the pipes and whatever else there is " * 8


@pytest.fixture(scope="module", autouse=True)
def booked(board: BoardUnderTest) -> dict[str, Any]:
    """One with everything tomorrow, one with nothing, one of odd texts, and 60 more in the past."""
    with board.rows() as session:
        owner = make_user(session, email="Jane@Example.com")
        business = make_business(session, owner_id=owner.id, name="Acme Plumbing")
        customer = make_end_user(
            session, name="Carl Customer", email="carl@customers.test", phone="+14155550123"
        )
        whole = make_appointment(
            session,
            user_id=owner.id,
            business_id=business.id,
            end_user_id=customer.id,
            title="Boiler check",
            starts_at=START + timedelta(days=1),
            ends_at=START + timedelta(days=1, minutes=90),
        )
        make_appointment(
            session,
            title="By hand",
            starts_at=START,
            ends_at=START + timedelta(minutes=45),
            status=AppointmentStatus.NO_SHOW,
            booking_source=BookingSource.MANUAL,
        )
        odd = make_end_user(session, name="דניאל כהן 👩🏽‍💻")
        make_appointment(
            session,
            title=LONG,
            end_user_id=odd.id,
            starts_at=START - timedelta(hours=1),
            ends_at=START,
            status=AppointmentStatus.CANCELLED,
        )
        for number in range(60):
            start = START - timedelta(days=2, minutes=number)
            make_appointment(
                session,
                user_id=owner.id,
                business_id=business.id,
                end_user_id=customer.id,
                title=f"Past {number:02}",
                starts_at=start,
                ends_at=start + timedelta(hours=1),
                created_at=START - timedelta(days=number),
                status=AppointmentStatus.COMPLETED,
            )
    return {"owner": owner.id, "business": business.id, "customer": customer.id, "whole": whole.id}


def test_a_row_tells_when_who_with_whom_and_how_it_went(board: BoardUnderTest) -> None:
    page = get(board)
    assert page.headers == [
        "Start",
        "Owner",
        "Business",
        "Customer",
        "Title",
        "Status",
        "Source",
        "Duration",
    ]
    row = page.rows[0]
    assert row["Start"] == "2026-01-16 04:00 PST"
    assert row["Owner"] == "Jane@Example.com"
    assert row["Business"] == "Acme Plumbing"
    assert row["Customer"] == "Carl Customer"
    assert row["Title"] == "Boiler check"
    assert row["Status"] == "confirmed"
    assert row["Source"] == "AI call"
    assert row["Duration"] == "1:30:00"


def test_a_row_leads_to_everyone_in_it(board: BoardUnderTest, booked: dict[str, Any]) -> None:
    links = get(board).links()
    assert f"/users?selected={booked['owner']}" in links
    assert f"/businesses?selected={booked['business']}" in links
    assert f"/appointments?customer={booked['customer']}" in links
    assert f"/appointments?selected={booked['whole']}" in links


def test_what_starts_last_comes_first(board: BoardUnderTest) -> None:
    titles = [row["Title"] for row in get(board).rows[:4]]
    assert titles == ["Boiler check", "By hand", LONG.strip(), "Past 00"]


def test_every_column_can_be_shown_and_says_what_is_missing(board: BoardUnderTest) -> None:
    columns = "&".join(
        f"columns={name}"
        for name in (
            *("ends_at", "timezone", "customer_email", "customer_phone", "created_at", "confirmation"),
            *("reminder", "cancelled_at", "cancellation_reason", "nylas_event_id", "call_log_id"),
        )
    )
    row = get(board, f"q=By+hand&{columns}").rows[0]
    assert row["End"] == "2026-01-15 04:45 PST"
    assert row["Time zone"] == "UTC"
    for label in (
        *("Customer email", "Customer phone", "Confirmation", "Reminder", "Cancelled"),
        *("Cancellation reason", "Calendar event", "Call"),
    ):
        assert row[label] == "N/A", label
    whole = get(board, f"q=Boiler+check&{columns}").rows[0]
    assert whole["Customer email"] == "carl@customers.test"
    assert whole["Customer phone"] == "(415) 555-0123"


def test_a_header_sorts_and_sorts_the_other_way_round(board: BoardUnderTest) -> None:
    page = Page(board.browser(Role.SUPPORT).get(get(board).link("sort-starts_at")).text)
    assert page.rows[0]["Title"] == "Past 59"
    assert get(board, "sort=-created_at&columns=title").rows[-1]["Title"] != "Past 59"
    assert get(board, "sort=created_at&columns=title").rows[0]["Title"] == "Past 59"


@pytest.mark.parametrize("sort", ["starts_at", "-starts_at", "created_at", "-created_at"])
def test_every_page_of_every_order_meets_each_row_once(sort: str, board: BoardUnderTest) -> None:
    program, seen = board.program(), []
    parameters: dict[str, Any] = {"sort": sort, "limit": 7}
    while True:
        answer = program.get("/v1/admin/appointments", params=parameters).json()
        seen += [item["id"] for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        parameters["cursor"] = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == 63
    assert find(program, sort=sort, limit=7) == find(program, sort=sort, limit=200)[:7]


def test_next_and_previous_lead_there_and_back(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    first = get(board, "limit=25")
    second = Page(browser.get(first.link("page-next")).text)
    again = Page(browser.get(second.link("page-previous")).text)
    assert not set(first.row_ids) & set(second.row_ids)
    assert again.row_ids == first.row_ids


def test_the_list_of_one_record_leaves_out_what_is_the_same_in_every_row(
    board: BoardUnderTest, booked: dict[str, Any]
) -> None:
    assert "Business" not in get(board, f"business={booked['business']}").headers
    assert "Owner" not in get(board, f"user={booked['owner']}").headers
    assert "Customer" not in get(board, f"customer={booked['customer']}").headers


def test_viewers_see_addresses_and_numbers_masked(board: BoardUnderTest) -> None:
    shown = "columns=owner_email&columns=customer_email&columns=customer_phone"
    row = get(board, f"q=Boiler+check&{shown}", Role.VIEWER).rows[0]
    assert row["Owner"] == "J•••@Example.com"
    assert row["Customer email"] == "c•••@customers.test"
    assert row["Customer phone"] == "•••0123"


def test_nothing_found_says_so_and_offers_to_clear(board: BoardUnderTest) -> None:
    page = get(board, "q=nobody-at-all")
    assert "No appointments match" in page.text
    assert "Clear the filters" in page.text


def test_the_page_costs_the_same_queries_however_many_rows(board: BoardUnderTest) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = {}
    for query in ("limit=25", "limit=100", "limit=25&q=past", "limit=100&q=past"):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get(f"/appointments?{query}").status_code == 200
        costs[query] = len(statements)
    assert costs["limit=25"] == costs["limit=100"]
    assert costs["limit=25&q=past"] == costs["limit=100&q=past"]
    assert max(costs.values()) <= 8


def test_the_list_of_one_record_says_whose_it_is(board: BoardUnderTest, booked: dict[str, Any]) -> None:
    chips = {
        query: get(board, f"{query}={booked[name]}").root.get("span", class_="chip-record").text
        for query, name in (("user", "owner"), ("customer", "customer"))
    }
    assert chips == {"user": "Owner: Jane@Example.com", "customer": "Customer: Carl Customer"}


def test_somebody_without_appointments_has_none_but_others_may(board: BoardUnderTest) -> None:
    with board.rows() as session:
        nobody = make_user(session)
    page = get(board, f"user={nobody.id}")
    assert page.rows == []
    assert "No appointments match" in page.text
    assert "Clear the filters" in page.text

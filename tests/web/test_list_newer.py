"""A list that says when there are newer rows: what its first page asks, and what it is told."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.permissions import Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_billing_event
from tests.pages import Element, Page

FAILED = {"processing_status": ProcessingStatus.FAILED}


def add(board: BoardUnderTest, minutes: int, **fields: object) -> None:
    with board.rows() as session:
        make_billing_event(session, received_at=START + timedelta(minutes=minutes), **fields)


@pytest.fixture
def filled(board: BoardUnderTest) -> BoardUnderTest:
    with board.rows() as session:
        session.execute(delete(BillingEvent))
    for minutes in range(3):
        add(board, minutes, event_type="invoice.paid")
    return board


def open_list(board: BoardUnderTest, query: str = "") -> Page:
    return Page(board.browser(Role.VIEWER).get(f"/webhooks{query}").text)


def find_line(page: Page) -> Element:
    return page.root.get("div", id="list-newer")


def ask(board: BoardUnderTest, page: Page) -> Page:
    answer = board.browser(Role.VIEWER).get(find_line(page).attributes["hx-get"])
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_it_says_nothing_until_something_has_come(filled: BoardUnderTest) -> None:
    page = open_list(filled)
    assert ask(filled, page).text == ""
    add(filled, 10, event_type="charge.refunded")
    told = ask(filled, page)
    assert told.text == "1 new event"
    assert "charge.refunded" in Page(filled.browser(Role.VIEWER).get(told.link("show-newer")).text).text
    add(filled, 11)
    assert ask(filled, page).text == "2 new events"


def test_rows_of_the_same_moment_count_where_they_stand(filled: BoardUnderTest) -> None:
    page = open_list(filled)
    for minutes in (1, *[2] * 8):
        add(filled, minutes)
    above = open_list(filled).row_ids.index(page.row_ids[0])
    assert ask(filled, page).text.partition(" new")[0] == (str(above) if above else "")


def test_only_what_the_filters_show_is_told_of(filled: BoardUnderTest) -> None:
    add(filled, 5, **FAILED)
    page = open_list(filled, "?status=failed")
    add(filled, 10)
    assert ask(filled, page).text == ""
    add(filled, 11, **FAILED)
    told = ask(filled, page)
    assert told.text == "1 new event"
    assert parse_qs(urlsplit(told.link("show-newer")).query) == {"status": ["failed"]}


def test_an_empty_list_is_told_of_the_first(filled: BoardUnderTest) -> None:
    page = open_list(filled, "?status=ignored")
    assert page.row_ids == []
    add(filled, 10, processing_status=ProcessingStatus.IGNORED)
    assert ask(filled, page).text == "1 new event"


def test_very_many_are_not_counted_out(filled: BoardUnderTest) -> None:
    page = open_list(filled)
    with filled.rows() as session:
        for number in range(120):
            make_billing_event(session, received_at=START + timedelta(minutes=10 + number))
    with recorded_queries(filled.runtime.database.engine) as statements:
        assert ask(filled, page).text == "99+ new events"
    assert len(statements) <= 3, statements


@pytest.mark.parametrize("query", ["?sort=received_at", "?cursor=next", "?status=nonsense"])
def test_other_pages_do_not_ask(filled: BoardUnderTest, query: str) -> None:
    for number in range(60):
        add(filled, 100 + number)
    if query == "?cursor=next":
        query = urlsplit(open_list(filled).link("page-next")).query
    page = open_list(filled, f"?{query.removeprefix('?')}")
    assert page.root.find_all("div", id="list-newer") == []

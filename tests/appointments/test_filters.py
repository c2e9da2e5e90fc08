"""Filtering appointments: by day, ahead or behind, status, source, and everyone who takes part."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.appointments.models import AppointmentStatus, BookingSource
from adminboard.core.permissions import Role
from tests.appointments.asking import find, get
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_appointment, make_business, make_end_user, make_user
from tests.pages import Page

ACME, OTHER = UUID(int=0xACE), UUID(int=0x07E)
CARL = UUID(int=0xCA71)
DAYS = {"last month": -40, "last week": -5, "earlier": -0.1, "now": 0, "tomorrow": 1, "next month": 20}


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        jane = make_user(session, email="jane@example.com")
        john = make_user(session, email="john@example.com")
        make_business(session, id=ACME, owner_id=jane.id, name="Acme")
        make_business(session, id=OTHER, owner_id=john.id, name="Other")
        carl = make_end_user(session, id=CARL, name="Carl")
        for title, days in DAYS.items():
            put(session, title, START + timedelta(days=days), user_id=jane.id, business_id=ACME)
        start = START + timedelta(days=2)
        put(session, "no show", start, user_id=john.id, business_id=OTHER, status=AppointmentStatus.NO_SHOW)
        put(
            session,
            "by hand",
            start,
            user_id=john.id,
            business_id=OTHER,
            end_user_id=carl.id,
            status=AppointmentStatus.CANCELLED,
            booking_source=BookingSource.MANUAL,
        )
    return board.program()


def put(session: Any, title: str, start: datetime, **fields: Any) -> None:
    end = start + timedelta(hours=1)
    make_appointment(session, title=title, starts_at=start, ends_at=end, **fields)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"upcoming": "yes", "business": str(ACME)}, ["next month", "tomorrow", "now"]),
        ({"upcoming": "no"}, ["earlier", "last week", "last month"]),
        ({"starts": "today"}, ["now", "earlier"]),
        ({"starts": "next7d", "business": str(ACME)}, ["tomorrow", "now", "earlier"]),
        ({"starts": "next30d", "business": str(ACME)}, ["next month", "tomorrow", "now", "earlier"]),
        ({"starts": "yesterday"}, []),
        ({"starts": "7d"}, ["now", "earlier", "last week"]),
        ({"starts": "30d"}, ["now", "earlier", "last week"]),
        ({"starts_from": "2025-12-01", "starts_to": "2025-12-31"}, ["last month"]),
        ({"starts_from": "2026-02-01"}, ["next month"]),
        ({"status": "no_show"}, ["no show"]),
        ({"status": ["no_show", "cancelled"], "sort": "starts_at"}, ["by hand", "no show"]),
        ({"source": "manual"}, ["by hand"]),
        ({"source": ["manual", "ai_call"], "status": "cancelled"}, ["by hand"]),
        ({"business": str(OTHER), "status": "confirmed"}, []),
        ({"business": [str(OTHER), str(ACME)], "starts": "today"}, ["now", "earlier"]),
        ({"business": "Other", "source": "manual"}, ["by hand"]),
        ({"user": "john@example.com", "source": "manual"}, ["by hand"]),
        ({"user": "JOHN@example.com", "status": "no_show"}, ["no show"]),
        ({"customer": str(CARL)}, ["by hand"]),
        ({"customer": str(UUID(int=7))}, []),
    ],
)
def test_a_filter_keeps_what_it_says(
    parameters: dict[str, Any], found: Sequence[str], program: Program
) -> None:
    kept = find(program, **parameters)
    if parameters.get("sort"):
        kept = sorted(kept)
    assert kept == found


def test_days_are_those_of_the_reader(board: BoardUnderTest, program: Program) -> None:
    with board.rows() as session:
        late = datetime.fromisoformat("2026-03-02T05:30:00+00:00")
        put(session, "late on March 1 in Los Angeles", late, business_id=OTHER, user_id=make_user(session).id)
    page = get(board, "starts_from=2026-03-01&starts_to=2026-03-01")
    assert [row["Title"] for row in page.rows] == ["late on March 1 in Los Angeles"]


def test_the_chips_speak_of_ahead_and_behind(board: BoardUnderTest, program: Program) -> None:
    page = get(board, "upcoming=yes&starts=next7d&status=no_show&source=ai_call")
    chips = [chip.text for chip in page.root.find_all("span", class_="chip-text")]
    assert "When: upcoming" in chips
    assert "Start: next 7 days" in chips
    assert "Status: no show" in chips
    assert "Source: AI call" in chips


def test_a_business_is_picked_by_its_name(board: BoardUnderTest, program: Program) -> None:
    page = get(board, f"business={ACME}")
    assert "Acme" in page.root.get("div", id="filter-business").text
    assert all(row["Title"] in DAYS for row in page.rows)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=perhaps", "is none of"),
        ("source=fax", "is none of"),
        ("upcoming=maybe", "write yes or no"),
        ("starts=tomorrow", "is none of"),
        ("starts_from=soon", "write a date"),
        ("starts_from=2026-02-01&starts_to=2026-01-01", "comes after"),
        ("sort=title", "cannot be sorted by"),
    ],
)
def test_a_bad_filter_is_answered_with_a_sentence_above_the_rows(
    query: str, sentence: str, board: BoardUnderTest, program: Program
) -> None:
    page = get(board, query)
    assert sentence in page.alerts[0]
    assert page.rows


@pytest.mark.parametrize("query", ["customer=carl", "user=%00"])
def test_a_list_of_nobody_there_can_be_is_refused(query: str, board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get(f"/appointments?{query}")
    assert response.status_code == 422
    assert "is not an id" in Page(response.text).text


def test_the_built_in_views_are_what_their_names_say(board: BoardUnderTest, program: Program) -> None:
    browser = board.browser(Role.SUPPORT)
    links = get(board).root.find_all("a", class_="menu-item")
    views = {link.text: link.attributes["href"] for link in links}
    upcoming = Page(browser.get(views["Upcoming, soonest first"]).text)
    assert upcoming.rows[0]["Title"] == "now"
    past = Page(browser.get(views["Past, newest first"]).text)
    assert past.rows[0]["Title"] == "earlier"
    assert [row["Title"] for row in Page(browser.get(views["No-shows"]).text).rows] == ["no show"]
    assert browser.get(views["Last booked"]).status_code == 200

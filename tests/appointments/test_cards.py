"""The figures above the appointments: they follow search and filters, and lead to what they count."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from adminboard.appointments.models import AppointmentStatus, BookingSource
from adminboard.core.permissions import Role
from tests.appointments.asking import find
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_appointment
from tests.pages import Page

NUMBERS = {
    AppointmentStatus.CONFIRMED: 4,
    AppointmentStatus.COMPLETED: 3,
    AppointmentStatus.CANCELLED: 2,
    AppointmentStatus.NO_SHOW: 1,
}


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        for status, number in NUMBERS.items():
            for index in range(number):
                start = START + timedelta(days=1 if status is AppointmentStatus.CONFIRMED else -1)
                make_appointment(
                    session,
                    title=f"{status.value} {index}",
                    status=status,
                    starts_at=start,
                    ends_at=start + timedelta(hours=1),
                    booking_source=BookingSource.MANUAL if index == 0 else BookingSource.AI_CALL,
                )
    return board.program()


def figures(program: Program, **parameters: Any) -> dict[str, int]:
    answer = program.get("/v1/admin/appointments/cards", params=parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()
    return found


def test_they_count_all_by_status_and_by_source(program: Program) -> None:
    assert figures(program) == {
        "total": 10,
        "confirmed": 4,
        "completed": 3,
        "cancelled": 2,
        "no_show": 1,
        "ai_call": 6,
        "manual": 4,
    }


@pytest.mark.parametrize(
    "parameters",
    [{"upcoming": "yes"}, {"source": "manual"}, {"q": "cancelled"}, {"status": "no_show"}, {"q": "nothing"}],
)
def test_they_follow_search_and_filters(parameters: dict[str, Any], program: Program) -> None:
    counted = figures(program, **parameters)
    titles = find(program, limit=200, **parameters)
    assert counted["total"] == len(titles)
    for status in AppointmentStatus:
        assert counted[status.value] == sum(title.startswith(status.value) for title in titles)


def test_each_card_leads_to_the_rows_it_counts(board: BoardUnderTest, program: Program) -> None:
    response = board.browser(Role.SUPPORT).get("/appointments/cards?upcoming=no")
    page = Page(response.text)
    links = [link for link in page.links() if link.startswith("/appointments?") and "=" in link]
    assert len(links) >= 6
    counted = figures(program, upcoming="no")
    for link in links:
        asked = parse_qs(link.partition("?")[2])
        assert asked["upcoming"] == ["no"]
        (word,) = asked.get("status") or asked.get("source") or [""]
        assert len(find(program, limit=200, **asked)) == counted[word or "total"]


def test_they_are_counted_by_one_statement(board: BoardUnderTest, program: Program) -> None:
    browser = board.browser(Role.SUPPORT)
    browser.get("/appointments/cards")
    with recorded_queries(board.runtime.database.engine) as statements:
        assert browser.get("/appointments/cards?status=no_show").status_code == 200
    assert len([text for text in statements if "FROM appointments" in text]) == 1

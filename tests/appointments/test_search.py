"""Searching appointments: by owner, customer, title and id, for people and for those who see masked data."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from adminboard.appointments.models import Appointment, AppointmentStatus, BookingSource
from adminboard.core.listings.search import PROBE_LIMIT
from adminboard.core.permissions import Permission, Role
from tests.appointments.asking import find, get
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_appointment, make_business, make_end_user, make_user

BOILER = UUID("0a1b2c3d-0000-4000-8000-000000000001")
MANY = PROBE_LIMIT + 40


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    with board.rows() as session:
        jane = make_user(session, email="jane.smith@owners.test")
        carl = make_end_user(session, name="Carl Customer", email="carl@customers.test", phone="+14155550123")
        nina = make_end_user(session, name="דניאל כהן")
        make_appointment(session, id=BOILER, title="Boiler 50% check", user_id=jane.id, end_user_id=carl.id)
        make_appointment(session, title="Haircut", end_user_id=nina.id, starts_at=START - timedelta(days=1))
        busy = make_business(session, owner_id=make_user(session, email="busy@many.test").id)
        shared = {
            "user_id": busy.owner_id,
            "business_id": busy.id,
            "end_user_id": make_end_user(session, name="Regular guest").id,
            "timezone": "UTC",
            "booking_source": BookingSource.MANUAL,
            "extra": {},
        }
        session.execute(
            insert(Appointment),
            [
                shared
                | {
                    "id": uuid4(),
                    "title": f"Table {number}",
                    "starts_at": START - timedelta(days=30, minutes=number),
                    "ends_at": START - timedelta(days=29),
                    "status": AppointmentStatus.NO_SHOW if number % 100 == 0 else AppointmentStatus.COMPLETED,
                }
                for number in range(MANY)
            ],
        )
    return board.program()


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("jane.smith@owners.test", ["Boiler 50% check"]),
        ("JANE.SMITH", ["Boiler 50% check"]),
        ("carl", ["Boiler 50% check"]),
        ("l customer", ["Boiler 50% check"]),
        ("customers.test", ["Boiler 50% check"]),
        ("boiler", ["Boiler 50% check"]),
        ("50%", ["Boiler 50% check"]),
        ("כהן", ["Haircut"]),
        ("ha", ["Haircut"]),
        ("air", ["Haircut"]),
        (str(BOILER), ["Boiler 50% check"]),
        ("0a1b2c3d", ["Boiler 50% check"]),
        ("nobody", []),
        ("%%%", []),
        ("x", []),
    ],
)
def test_an_appointment_is_found_by_whom_and_what_it_is_about(
    term: str, found: Sequence[str], program: Program
) -> None:
    assert find(program, q=term) == found


@pytest.mark.parametrize("term", ["busy@many.test", "regular", "table"])
def test_more_than_are_sorted_at_once_are_found_in_order_and_counted(term: str, program: Program) -> None:
    """By the owner, by the customer and by the title; many matches take another way than few."""
    assert find(program, q=term, limit=3) == ["Table 0", "Table 1", "Table 2"]
    assert find(program, q=term, limit=2, sort="starts_at") == [f"Table {MANY - 1}", f"Table {MANY - 2}"]
    assert find(program, q=term, status="no_show", limit=2) == ["Table 0", "Table 100"]
    parameters = {"q": term, "limit": "200"}
    counted = program.get("/v1/admin/appointments", params=parameters).json()["count"]
    assert counted == {"value": MANY, "exact": True}
    seen: list[str] = []
    while parameters.get("cursor", "") is not None:
        answer = program.get("/v1/admin/appointments", params=parameters).json()
        seen += [item["title"] for item in answer["items"]]
        parameters["cursor"] = answer["next_cursor"]
    assert seen == [f"Table {number}" for number in range(MANY)]


@pytest.fixture(scope="module")
def masked(board: BoardUnderTest, program: Program) -> Program:
    return board.program(Permission.CUSTOMERS_READ)


@pytest.mark.parametrize(
    "term", ["jane.smith@owners.test", "carl@customers.test", "carl customer", str(BOILER)]
)
def test_who_sees_masked_data_finds_by_a_whole_value(term: str, masked: Program) -> None:
    assert find(masked, q=term) == ["Boiler 50% check"]


@pytest.mark.parametrize("term", ["jane", "carl", "smith@owners.test", "0a1b2c3d", "ca", "customers.test"])
def test_who_sees_masked_data_finds_nothing_by_a_part(term: str, masked: Program) -> None:
    assert find(masked, q=term) == []


def test_the_page_finds_what_the_api_finds(board: BoardUnderTest, program: Program) -> None:
    assert [row["Title"] for row in get(board, "q=carl").rows] == ["Boiler 50% check"]
    assert get(board, "q=carl", Role.VIEWER).rows == []

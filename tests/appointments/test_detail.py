"""The panel of one appointment: times in both zones, parties, messages, cancellation, what else is kept."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from adminboard.appointments.models import AppointmentStatus, BookingSource
from adminboard.core.permissions import Permission, Role
from tests.appointments.asking import PANEL, panel
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_appointment, make_business, make_call, make_end_user, make_user
from tests.pages import Page


@dataclass(frozen=True)
class Booked:
    whole: UUID
    bare: UUID
    lost: UUID
    owner: UUID
    business: UUID
    customer: UUID
    call: UUID


@pytest.fixture(scope="module")
def booked(board: BoardUnderTest) -> Booked:
    with board.rows() as session:
        owner = make_user(session, email="jane@example.com", full_name="Jane Smith")
        business = make_business(session, owner_id=owner.id, name="Acme Plumbing")
        call = make_call(session, business_id=business.id, started_at=START - timedelta(days=3))
        customer = make_end_user(
            session, name="Carl Customer", email="carl@customers.test", phone="+14155550123"
        )
        whole = make_appointment(
            session,
            user_id=owner.id,
            business_id=business.id,
            end_user_id=customer.id,
            call_log_id=call.id,
            title="Boiler check",
            description="The boiler leaks.",
            starts_at=START,
            ends_at=START + timedelta(minutes=90),
            timezone="Europe/Berlin",
            status=AppointmentStatus.CANCELLED,
            nylas_event_id="evt_nylas42",
            confirmation_sent_at=START - timedelta(days=2),
            reminder_sent_at=START - timedelta(days=1),
            cancelled_at=START - timedelta(hours=5),
            cancellation_reason="The customer is ill",
            extra={"party_size": 4, "notes": {"allergy": "nuts é 👩🏽‍💻"}},
        )
        session.execute(
            text("""UPDATE appointments SET extra = extra || '{"deposit": 12.50}' WHERE id = :id"""),
            {"id": whole.id},
        )
        bare = make_appointment(session, title="Bare", booking_source=BookingSource.MANUAL)
        lost = make_appointment(session, title="Lost", timezone="Mars/Olympus")
    return Booked(whole.id, bare.id, lost.id, owner.id, business.id, customer.id, call.id)


def test_times_are_told_in_the_zone_of_the_record_and_in_the_readers(
    board: BoardUnderTest, booked: Booked
) -> None:
    told = panel(board, booked.whole).text
    assert "Starts 2026-01-15 13:00 CET" in told
    assert "Ends 2026-01-15 14:30 CET" in told
    assert "Time zone Europe/Berlin" in told
    assert "Starts in your time 2026-01-15 04:00 PST" in told
    assert "Ends in your time 2026-01-15 05:30 PST" in told


def test_a_time_zone_nobody_knows_is_said_and_the_times_are_in_utc(
    board: BoardUnderTest, booked: Booked
) -> None:
    told = panel(board, booked.lost).text
    assert "Time zone Mars/Olympus unknown: times are in UTC" in told
    assert "Starts 2026-01-15 12:00 UTC" in told


def test_it_names_everyone_with_links(board: BoardUnderTest, booked: Booked) -> None:
    page = panel(board, booked.whole)
    for told in ("Carl Customer", "carl@customers.test", "(415) 555-0123", "Acme Plumbing", "Jane Smith"):
        assert told in page.text
    for link in (
        f"/users?selected={booked.owner}",
        f"/businesses?selected={booked.business}",
        f"/appointments?customer={booked.customer}",
        f"/calls?selected={booked.call}",
    ):
        assert link in page.links()


def test_it_tells_what_was_sent_and_why_it_was_cancelled(board: BoardUnderTest, booked: Booked) -> None:
    told = panel(board, booked.whole).text
    assert "Confirmation 2026-01-13 04:00 PST" in told
    assert "Reminder 2026-01-14 04:00 PST" in told
    assert "Cancelled 2026-01-14 23:00 PST" in told
    assert "Reason The customer is ill" in told
    assert "evt_nylas42" in told
    assert "The boiler leaks." in told


def test_extra_data_is_folded_and_readable(board: BoardUnderTest, booked: Booked) -> None:
    page = panel(board, booked.whole)
    fold = page.root.get("details", class_="fold")
    assert "open" not in fold.attributes
    assert fold.get("summary").text == "Extra data"
    written = fold.get("pre").text
    assert '"party_size": 4' in written
    assert '"deposit": 12.50' in written
    assert "nuts é 👩🏽‍💻" in written


def test_what_is_missing_is_said(board: BoardUnderTest, booked: Booked) -> None:
    page = panel(board, booked.bare)
    assert "Confirmation Not sent" in page.text
    assert "Reminder Not sent" in page.text
    assert "Customer email N/A" in page.text
    assert "Customer phone N/A" in page.text
    assert "Calendar event N/A" in page.text
    assert "Call N/A" in page.text
    assert "Cancelled" not in page.text
    assert not page.root.find_all("details", class_="fold")
    assert not [link for link in page.links() if link.startswith("/calls")]


def test_viewers_read_it_masked(board: BoardUnderTest, booked: Booked) -> None:
    page = panel(board, booked.whole, Role.VIEWER)
    assert "j•••@example.com" in page.text
    assert "c•••@customers.test" in page.text
    assert "•••0123" in page.text
    for hidden in ("jane@", "carl@", "555-0123", "leaks", "party_size", "allergy"):
        assert hidden not in page.html


def test_the_api_gives_the_same_with_exact_numbers(board: BoardUnderTest, booked: Booked) -> None:
    record = board.program().get(f"/v1/admin/appointments/{booked.whole}").json()
    assert record["starts_at"] == "2026-01-15T12:00:00.000000+00:00"
    assert record["duration_seconds"] == 5400
    assert record["extra"] == {
        "party_size": 4,
        "notes": {"allergy": "nuts é 👩🏽‍💻"},
        "deposit": "12.50",
    }
    masked = board.program(Permission.CUSTOMERS_READ).get(f"/v1/admin/appointments/{booked.whole}").json()
    assert masked["extra"] is None
    assert masked["description"] is None
    assert masked["customer_phone"] == "•••0123"


@pytest.mark.parametrize("selected", [str(UUID(int=7)), "nonsense", "%00"])
def test_an_unknown_appointment_is_a_sentence(selected: str, board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get(f"/appointments?selected={selected}", headers=PANEL)
    assert response.status_code == 404
    assert "There is no" in Page(response.text).text


def test_the_panel_costs_the_same_queries_whatever_the_appointment_has(
    board: BoardUnderTest, booked: Booked
) -> None:
    costs = []
    for appointment in (booked.whole, booked.bare):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, appointment)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 3

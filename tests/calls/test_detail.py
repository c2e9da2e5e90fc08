"""The panel of a call: what it tells, to whom, and what it leaves to be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adminboard.calls.models import CallStatus
from adminboard.core.permissions import KEY_SCOPES, Permission, Role
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import START, make_appointment, make_business, make_call, make_user
from tests.pages import Page
from tests.web.problems import read_problem

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
SECRET = ("Leaking boiler", "Caller: it leaks", "demo-1.wav", "Be nice to Sam")


@dataclass(frozen=True)
class Calls:
    full: UUID
    empty: UUID
    business: UUID
    owner: UUID
    appointment: UUID


@pytest.fixture(scope="module")
def made(board: BoardUnderTest, recordings: Path) -> Calls:
    (recordings / "demo-1.wav").write_bytes(b"RIFF")
    with board.rows() as session:
        owner = make_user(session, email="rosa@example.com", full_name="Rosa Diaz")
        business = make_business(
            session, name="Rosa Plumbing", owner_id=owner.id, timezone="America/New_York"
        )
        full = make_call(
            session,
            business_id=business.id,
            caller_phone="+14155550123",
            caller_name="Sam Hill",
            receiving_phone="+12125550147",
            started_at=START,
            duration_seconds=75,
            ai_summary="Leaking boiler\nsecond line",
            transcript="Agent: Hello\nCaller: it leaks",
            recording_url="https://recordings.example.com/demo-1.wav",
            notes="Be nice to Sam",
        )
        appointment = make_appointment(
            session,
            user_id=owner.id,
            business_id=business.id,
            call_log_id=full.id,
            title="Boiler visit",
            starts_at=START + timedelta(days=2),
            ends_at=START + timedelta(days=2, hours=1),
        )
        bare = make_business(session, owner_id=make_user(session, full_name=None).id, timezone="Not/AZone")
        empty = make_call(
            session,
            business_id=bare.id,
            caller_phone=None,
            caller_name=None,
            duration_seconds=0,
            status=CallStatus.MISSED,
        )
    return Calls(full.id, empty.id, business.id, owner.id, appointment.id)


def panel(board: BoardUnderTest, call: UUID, role: Role = Role.SUPPORT, query: str = "") -> Page:
    response = board.browser(role).get(f"/calls?selected={call}{query}", headers=PANEL)
    assert response.status_code == 200
    return Page(response.text)


def facts(page: Page) -> Mapping[str, str]:
    return {pair.get("dt").text: pair.get("dd").text for pair in page.root.find_all("div") if _is_fact(pair)}


def _is_fact(element: object) -> bool:
    children = [child for child in getattr(element, "children", []) if not isinstance(child, str)]
    return [child.tag for child in children] == ["dt", "dd"]


def test_it_tells_the_facts_of_the_call(board: BoardUnderTest, made: Calls) -> None:
    page = panel(board, made.full)
    told = facts(page)
    assert told["Started"] == "2026-01-15 04:00 PST"
    assert told["At the business"] == "2026-01-15 07:00 EST"
    assert told["Duration"] == "1:15"
    assert told["Caller"] == "(415) 555-0123"
    assert told["Caller's name"] == "Sam Hill"
    assert told["Received by"] == "(212) 555-0147"
    assert told["Call id"].startswith(str(made.full))
    assert "answered by ai" in page.text
    assert "Leaking boiler second line" in page.text
    assert "Be nice to Sam" in page.text


def test_it_links_to_what_belongs_to_it(board: BoardUnderTest, made: Calls) -> None:
    links = panel(board, made.full).links()
    for link in (
        f"/businesses?selected={made.business}",
        f"/users?selected={made.owner}",
        f"/appointments?selected={made.appointment}",
    ):
        assert link in links
    assert any(link.startswith(f"/notes/panel?call={made.full}&return_to=/calls") for link in links)


def test_transcript_and_notes_come_when_asked_for(board: BoardUnderTest, made: Calls) -> None:
    page = panel(board, made.full, query="&q=leaks")
    assert "it leaks" not in page.html
    fold = page.root.get("details", id=f"transcript-{made.full}")
    assert fold.attributes["hx-get"] == f"/calls/{made.full}/transcript?q=leaks"
    assert fold.attributes["hx-trigger"] == "toggle once"
    notes = [part.attributes["hx-get"] for part in page.root.find_all("div", class_="later")]
    assert notes[0].startswith(f"/notes/panel?call={made.full}")


def test_a_recording_that_is_there_can_be_played(board: BoardUnderTest, made: Calls) -> None:
    player = panel(board, made.full).root.get("audio")
    assert player.attributes["src"] == f"/calls/{made.full}/recording"
    assert player.attributes["preload"] == "none"


def test_a_call_without_anything_says_so(board: BoardUnderTest, made: Calls) -> None:
    page = panel(board, made.empty)
    told = facts(page)
    assert told["Caller"] == "Withheld"
    assert told["Caller's name"] == "N/A"
    assert "At the business" not in told
    for sentence in ("No summary", "Nothing was recorded", "No transcript", "No appointment came of it"):
        assert sentence in page.text
    assert page.root.find_all("audio") == page.root.find_all("details") == []


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.BILLING, Role.ADMIN])
def test_staff_see_what_was_said(role: Role, board: BoardUnderTest, made: Calls) -> None:
    assert "Leaking boiler" in panel(board, made.full, role).text


def test_viewers_see_nothing_of_what_was_said(board: BoardUnderTest, made: Calls) -> None:
    page = panel(board, made.full, Role.VIEWER)
    assert facts(page)["Caller"] == "•••0123"
    assert facts(page)["Received by"] == "•••0147"
    assert "are not shown to viewers" in page.text
    for text in (*SECRET, "/transcript", "/recording"):
        assert text not in page.html


def test_the_api_gives_the_same_but_for_the_transcript(board: BoardUnderTest, made: Calls) -> None:
    record = board.program().get(f"/v1/admin/calls/{made.full}").json()
    assert record["ai_summary"] == "Leaking boiler\nsecond line"
    assert record["recording"] == "playable"
    assert record["has_transcript"] is True
    assert record["appointments"][0]["title"] == "Boiler visit"
    assert "it leaks" not in str(record)
    assert "demo-1.wav" not in str(record)


def test_the_api_masks_it_for_keys_without_personal_data(board: BoardUnderTest, made: Calls) -> None:
    masked = board.program(*(KEY_SCOPES - {Permission.PERSONAL_READ}))
    record = masked.get(f"/v1/admin/calls/{made.full}").json()
    assert record["caller_phone"] == "•••0123"
    assert record["user_email"] == "r•••@example.com"
    assert record["ai_summary"] is record["recording"] is record["notes"] is None


def test_a_call_that_is_not_there_is_a_404(board: BoardUnderTest) -> None:
    read_problem(board.program().get(f"/v1/admin/calls/{uuid4()}"), 404, "call_unknown")
    assert board.browser(Role.SUPPORT).get(f"/calls?selected={uuid4()}").status_code == 404


def test_the_panel_costs_the_same_queries_whatever_the_call_has(board: BoardUnderTest, made: Calls) -> None:
    costs = []
    for call in (made.full, made.empty):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, call)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4

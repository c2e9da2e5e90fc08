"""The panel of one business: facts, hours, services, agents, figures, links; by role; odd data."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.businesses.models import BusinessCallDay
from adminboard.calls.models import CallStatus
from adminboard.core.permissions import Permission, Role
from tests.businesses.asking import PANEL, panel
from tests.clients import BoardUnderTest, recorded_queries
from tests.factories import (
    START,
    make_agent,
    make_business,
    make_business_figures,
    make_call,
    make_user,
)
from tests.web.problems import read_problem

OPEN = {"open": "09:00", "close": "17:00", "closed": False}
HOURS = {
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), OPEN),
    "friday": {"open": "18:00", "close": "02:00", "closed": False},
    "sunday": {"open": None, "close": None, "closed": True},
}
TODAY = START.date()


@pytest.fixture(scope="module")
def ids(board: BoardUnderTest) -> dict[str, UUID]:
    """Acme with everything: days that were rolled up, and calls of today. Bare with nothing at all."""
    with board.rows() as session:
        jane = make_user(session, email="jane@example.com", full_name="Jane Smith")
        acme = make_business(
            session,
            owner_id=jane.id,
            name="Acme Plumbing",
            industry="Plumbing",
            website="https://acme.example.com",
            address="12 Main St, Austin",
            timezone="America/New_York",
            primary_phone="+12125550147",
            operating_hours=HOURS,
            core_services=["Drains", "Boilers", "Drains", " ", None, {"name": "Roofs"}, 7],
        )
        make_business_figures(session, business_id=acme.id, calls_30d=12)
        for day, calls in ((TODAY - timedelta(days=40), 8), (TODAY - timedelta(days=1), 9), (TODAY, 500)):
            figures = {"calls": calls, "answered": calls - 3, "missed": 2, "voicemail": 1}
            session.add(BusinessCallDay(business_id=acme.id, day=day, duration_seconds=calls * 60, **figures))
        late = make_call(session, business_id=acme.id, status=CallStatus.FORWARDED, duration_seconds=660)
        make_call(
            session, business_id=acme.id, status=CallStatus.ERROR, started_at=START - timedelta(hours=2)
        )
        make_call(session, business_id=acme.id, started_at=START - timedelta(days=1))
        agents = [make_agent(session, business_id=acme.id, name=f"Agent {number:02}") for number in range(12)]
        bare = make_business(
            session,
            name="Bare",
            industry=None,
            website=None,
            address=None,
            primary_phone=None,
        )
    return {"jane": jane.id, "acme": acme.id, "bare": bare.id, "late": late.id, "agent": agents[0].id}


def test_the_panel_tells_the_facts(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    text = panel(board, ids["acme"]).text
    for told in (
        "Acme Plumbing active",
        "of Jane Smith",
        "Owner jane@example.com",
        "Industry Plumbing",
        "Phone (212) 555-0147",
        "Address 12 Main St, Austin",
        "Time zone America/New_York",
        "Time there Thu 07:00 EST",
        str(ids["acme"]),
    ):
        assert told in text


def test_hours_are_seven_days_in_the_time_of_the_business(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    page = panel(board, ids["acme"])
    days = page.root.get("dl", class_="hours").find_all("div")
    assert [day.text for day in days] == [
        "Monday 09:00–17:00",
        "Tuesday 09:00–17:00",
        "Wednesday 09:00–17:00",
        "Thursday , today 09:00–17:00",
        "Friday 18:00–02:00 next day",
        "Saturday Not given",
        "Sunday Closed",
    ]
    spans = [[(bar.attributes["x"], bar.attributes["width"]) for bar in day.find_all("rect")] for day in days]
    assert spans == [[("540", "480")]] * 4 + [[("1080", "360")], [("0", "120")], []]
    assert "Hours closed now" in page.text


def test_services_stand_once_each_whatever_was_written(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    tags = panel(board, ids["acme"]).root.get("p", class_="tags").find_all("span")
    assert [tag.text for tag in tags] == ["Drains", "Boilers", "Roofs", "7"]


def test_the_first_agents_are_named_and_lead_to_themselves(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    page = panel(board, ids["acme"])
    assert "Agents 12" in page.text
    assert "Agent 09" in page.text
    assert "Agent 10" not in page.text
    assert f"/agents?selected={ids['agent']}" in page.links()
    assert f"/agents?business={ids['acme']}" in page.links()


def test_figures_are_those_of_the_days_before_and_of_today_as_it_goes(
    board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    """8 + 9 calls were rolled up and 2 are of today, whose day is not read, nor are calls of other days."""
    text = panel(board, ids["acme"]).text
    assert "Calls ever 19" in text
    assert "Answered by AI 11 58%" in text
    assert "Forwarded 1 5%" in text
    assert "Missed 4 21%" in text
    assert "Voicemail 2 11%" in text
    assert "Error 1 5%" in text
    assert "Average duration 1:32" in text
    assert "Last 30 days 12" in text


def test_figures_lead_to_the_calls_they_count(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    links = panel(board, ids["acme"]).links()
    assert f"/calls?business={ids['acme']}" in links
    assert f"/calls?business={ids['acme']}&status=missed" in links
    assert f"/calls?selected={ids['late']}" in links
    assert f"/appointments?business={ids['acme']}" in links
    assert f"/users?selected={ids['jane']}" in links


def test_a_business_without_anything_says_so(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    page = panel(board, ids["bare"])
    assert "Bare no calls" in page.text
    assert "Industry N/A" in page.text
    assert "Website N/A" in page.text
    assert page.text.count("Not given") == 7
    for told in ("No services yet", "No agent yet", "No calls yet"):
        assert told in page.text
    assert "open now" not in page.text
    assert "closed now" not in page.text


ODD: list[dict[str, Any]] = [
    {"operating_hours": []},
    {"operating_hours": "always"},
    {"operating_hours": {"monday": "9 to 5", "tuesday": {"open": {}, "close": [1]}, "x": None}},
    {"core_services": {"a": 1}},
    {"core_services": "Drains"},
    {"core_services": [[], {}, {"name": None}, "", 1.5, True]},
    {"timezone": "Mars/Olympus"},
    {"timezone": ""},
    {"timezone": "../etc/passwd"},
    {"timezone": "America"},
    {"website": "javascript:alert(1)"},
    {"website": "x" * 3_000, "address": "دבי\n👩🏽‍🍳 " * 200, "industry": "y" * 500},
    {"primary_phone": "call me"},
]


@pytest.mark.parametrize("number", range(len(ODD)))
def test_nothing_the_product_writes_breaks_the_panel(
    number: int, board: BoardUnderTest, ids: dict[str, UUID]
) -> None:
    with board.rows() as session:
        odd = make_business(session, name="Odd", **ODD[number]).id
    page = panel(board, odd)
    assert "Odd" in page.text
    assert len(page.root.get("dl", class_="hours").find_all("dt")) == 7
    assert not [link for link in page.links() if link.startswith("javascript")]
    assert board.program().get(f"/v1/admin/businesses/{odd}").status_code == 200


def test_only_an_address_of_the_web_is_a_link(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    assert "https://acme.example.com" in panel(board, ids["acme"]).links()
    with board.rows() as session:
        plain = make_business(session, website="acme.example.com").id
    page = panel(board, plain)
    assert "Website acme.example.com" in page.text
    assert "acme.example.com" not in page.links()


def test_viewers_see_owner_and_number_masked(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    text = panel(board, ids["acme"], Role.VIEWER).text
    assert "Owner j•••@example.com" in text
    assert "Phone •••0147" in text
    assert "jane@" not in text


def test_it_costs_the_same_queries_for_any_business(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    costs = []
    for name in ("acme", "bare"):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, ids[name])
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 7


def test_the_api_tells_the_same(board: BoardUnderTest, ids: dict[str, UUID]) -> None:
    record = board.program().get(f"/v1/admin/businesses/{ids['acme']}").json()
    assert record["owner_email"] == "jane@example.com"
    assert record["calls_30d"] == 12
    assert record["operating_hours"][4] == {
        "day": "friday",
        "state": "open",
        "opens": "18:00",
        "closes": "02:00",
        "spans": [[1080, 1440]],
    }
    assert record["statistics"]["calls"] == 19
    assert record["statistics"]["failed"] == 1
    assert record["agent_count"] == 12
    masked = board.program(Permission.CUSTOMERS_READ).get(f"/v1/admin/businesses/{ids['acme']}").json()
    assert masked["primary_phone"] == "•••0147"


def test_a_business_that_is_not_there_is_a_404(board: BoardUnderTest) -> None:
    read_problem(board.program().get(f"/v1/admin/businesses/{uuid4()}"), 404, "business_unknown")
    browser = board.browser(Role.SUPPORT)
    assert browser.get(f"/businesses?selected={uuid4()}", headers=PANEL).status_code == 404
    assert browser.get("/businesses?selected=x", headers=PANEL).status_code == 404


@pytest.mark.parametrize(("minutes", "told"), [(-1, "Hours closed now"), (0, "Hours open now")])
def test_it_is_open_by_its_own_clock(minutes: int, told: str, board: BoardUnderTest) -> None:
    """It opens at nine in São Paulo, which is when the board's clock stands."""
    with board.rows() as session:
        business = make_business(session, timezone="America/Sao_Paulo", operating_hours=HOURS).id
    board.clock.advance(timedelta(minutes=minutes))
    try:
        assert told in panel(board, business).text
    finally:
        board.clock.advance(timedelta(minutes=-minutes))

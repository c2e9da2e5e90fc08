"""The panel of one user: what it tells, whom it refuses, and the fragments that htmx asks for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.businesses.models import Business
from adminboard.calls.models import CallStatus
from adminboard.core.permissions import Role
from adminboard.credits.kinds import TransactionType
from adminboard.users.models import User
from tests.clients import BoardUnderTest, recorded_queries
from tests.credit_factories import make_grant
from tests.factories import (
    START,
    make_business,
    make_business_figures,
    make_call,
    make_organization,
    make_plan,
    make_subscription,
    make_user,
)
from tests.pages import Page

LIST = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#list"}
PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
BOOSTED = {"HX-Request": "true", "HX-Request-Type": "full", "HX-Target": "main#content"}


@dataclass(frozen=True)
class People:
    jane: UUID
    nina: UUID


@pytest.fixture(scope="module")
def people(board: BoardUnderTest) -> People:
    with board.rows() as session:
        payer = make_organization(session, name="Acme Plumbing", stripe_customer_id="cus_Jane42")
        plan = make_plan(session, name="Scale")
        make_subscription(
            session,
            organization_id=payer.id,
            plan_id=plan.id,
            quantity=3,
            cancel_at_period_end=True,
            cancel_at=START + timedelta(days=100),
        )
        jane = make_user(
            session,
            email="jane@example.com",
            full_name="Jane Smith",
            google_id="google-oauth2|1234567890",
            organization_id=payer.id,
            is_superuser=True,
        )
        make_grant(session, jane.id, "20.00", type=TransactionType.GRANT_TRIAL)
        make_grant(session, jane.id, "25.50", expires_at=START + timedelta(days=9))
        for number in range(12):
            business = make_business(session, owner_id=jane.id, name=f"Branch {number:02}")
            make_call(
                session,
                business_id=business.id,
                started_at=START - timedelta(hours=number),
                caller_phone=f"+1415555{number:04}",
                status=CallStatus.MISSED,
            )
        nina = make_user(session, email="nina@example.com", full_name=None, is_active=False)
    return People(jane.id, nina.id)


def panel(board: BoardUnderTest, user: UUID, role: Role = Role.SUPPORT) -> Page:
    response = board.browser(role).get(f"/users?selected={user}", headers=PANEL)
    assert response.status_code == 200
    return Page(response.text)


def test_the_panel_tells_who_pays_what_is_left_and_what_happened(
    board: BoardUnderTest, people: People
) -> None:
    text = panel(board, people.jane).text
    for told in ("Jane Smith", "jane@example.com", "Acme Plumbing", "Scale", "cus_Jane42", "google-oauth2"):
        assert told in text
    assert "Credits $45.50" in text
    assert "Trial $20.00" in text
    assert "$25.50 on" in text
    assert "Ends on 2026-04-25" in text
    assert "Period from 2026-01-15" in text
    assert "Superuser yes" in text


def test_it_leads_to_the_payer_and_what_the_payer_is_charged(board: BoardUnderTest, people: People) -> None:
    links = panel(board, people.jane).links()
    with board.runtime.reading() as session:
        payer = session.get_one(User, people.jane).organization_id
    assert f"/customers?selected={payer}" in links
    assert f"/billing/subscriptions?customer={payer}" in links
    assert f"/billing/invoices?customer={payer}" in links


def test_it_shows_the_first_businesses_and_how_many_there_are(board: BoardUnderTest, people: People) -> None:
    text = panel(board, people.jane).text
    assert "Businesses 12" in text
    assert "Branch 09" in text
    assert "Branch 10" not in text


def test_it_shows_the_last_five_calls_newest_first(board: BoardUnderTest, people: People) -> None:
    text = panel(board, people.jane).text
    numbers = [f"0{number:03}" for number in range(6)]
    assert all(number in text for number in numbers[:5])
    assert text.index(numbers[0]) < text.index(numbers[4])
    assert "555-0005" not in text


def test_businesses_and_calls_lead_to_themselves_and_to_all_of_them(
    board: BoardUnderTest, people: People
) -> None:
    links = panel(board, people.jane).links()
    assert len([link for link in links if link.startswith("/businesses?selected=")]) == 10
    assert len([link for link in links if link.startswith("/calls?selected=")]) == 5
    assert f"/businesses?owner={people.jane}" in links
    assert f"/calls?user={people.jane}" in links
    bare = [link for link in panel(board, people.nina).links() if link.startswith(("/bus", "/calls"))]
    assert bare == [f"/calls?user={people.nina}"], "the quick action"


def test_what_is_done_with_a_user_is_one_click_away(board: BoardUnderTest, people: People) -> None:
    actions = panel(board, people.nina).root.get("p", class_="detail-actions").find_all("a", class_="btn")
    assert {link.text: link.attributes["href"] for link in actions}.items() >= {
        "Credits": f"/credits?user={people.nina}",
        "Entitlements": f"/entitlements?user={people.nina}",
        "Calls": f"/calls?user={people.nina}",
    }.items()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "unpaid"}, "Period end 2026-02-14"),
        ({"status": "unpaid", "cancel_at_period_end": True}, "Ends on 2026-02-14"),
        ({"status": "past_due"}, "Renews on 2026-02-14"),
        ({"status": "trialing", "trial_end": START + timedelta(days=9)}, "Trial ends 2026-01-24"),
        ({"status": "canceled"}, None),
        ({"status": "incomplete", "current_period_start": None, "current_period_end": None}, None),
        (None, None),
    ],
)
def test_the_end_of_the_period_is_called_what_it_is(
    fields: dict[str, Any] | None, told: str | None, board: BoardUnderTest
) -> None:
    with board.rows() as session:
        user = make_user(session)
        if fields is not None:
            make_subscription(session, organization_id=user.organization_id, **fields)
    text = panel(board, user.id).text
    words = ("Period end", "Ends on", "Renews on", "Trial ends", "Period from")
    said = [word for word in words if word in text and word != "Period from"]
    assert said == ([word for word in words if told.startswith(word)] if told else [])
    assert told is None or told in text
    assert ("Period from" in text) is (told is not None)
    if fields is not None:
        assert f"Subscription {fields['status'].replace('_', ' ')}" in text


def test_a_business_says_its_calls_of_30_days(board: BoardUnderTest, people: People) -> None:
    with board.rows() as session:
        busy = make_business(session, owner_id=people.nina, name="Busy")
        make_business_figures(session, business_id=busy.id, calls_30d=1)
    try:
        assert "Busy 1 call All businesses of this user" in panel(board, people.nina).text
    finally:
        with board.rows() as session:
            session.delete(session.get_one(Business, busy.id))


def test_a_user_without_anything_says_so(board: BoardUnderTest, people: People) -> None:
    text = panel(board, people.nina).text
    assert "nina@example.com" in text
    assert "No balance yet. It is created with the first adjustment." in text
    assert "No business yet" in text
    assert "No calls yet" in text


def test_adjusting_is_offered_to_those_who_may_for_users_who_are_active(
    board: BoardUnderTest, people: People
) -> None:
    assert "Adjust credits" in panel(board, people.jane).text
    assert "Adjust credits" not in panel(board, people.nina).text
    assert "Adjust credits" not in panel(board, people.jane, Role.VIEWER).text


def test_the_row_of_the_open_panel_is_marked(board: BoardUnderTest, people: People) -> None:
    page = Page(board.browser(Role.SUPPORT).get(f"/users?selected={people.jane}").text)
    selected = page.root.find_all("tr", class_="selected")
    assert [row.attributes["id"] for row in selected] == [f"row-{people.jane}"]
    assert "Acme Plumbing" in page.root.get("aside", id="detail").text


def test_the_panel_keeps_and_closes_to_the_list_it_was_opened_from(
    board: BoardUnderTest, people: People
) -> None:
    page = Page(board.browser(Role.SUPPORT).get(f"/users?q=example&sort=email&selected={people.jane}").text)
    closing = page.root.get("a", class_="detail-close").attributes["href"]
    assert closing == "/users?q=example&sort=email"
    adjusting = [link for link in page.links() if link.startswith("/actions/credits.adjust")]
    assert "q%3Dexample" in adjusting[0]


@pytest.mark.parametrize("selected", [str(UUID(int=7)), "nonsense", "%00", "1", "' or 1=1", "x" * 3000])
@pytest.mark.parametrize("headers", [{}, PANEL, LIST])
def test_an_unknown_user_is_a_sentence_never_a_fault(
    selected: str, headers: dict[str, str], board: BoardUnderTest
) -> None:
    response = board.browser(Role.SUPPORT).get(f"/users?selected={selected}", headers=headers)
    assert response.status_code == (200 if headers is LIST else 404)
    if headers is not LIST:
        assert "There is no" in response.text


def test_the_list_fragment_is_the_list_alone(board: BoardUnderTest, people: People) -> None:
    html = board.browser(Role.SUPPORT).get(f"/users?selected={people.jane}", headers=LIST).text
    assert html.lstrip().startswith('<div id="list"')
    assert "<html" not in html
    assert "Acme Plumbing" not in html


def test_the_panel_fragment_is_the_panel_alone(board: BoardUnderTest, people: People) -> None:
    html = board.browser(Role.SUPPORT).get(f"/users?selected={people.jane}", headers=PANEL).text
    title, _, panel = html.partition("</title>")
    assert title == "<title>Jane Smith · Users · AICallGO Admin Board"
    assert panel.lstrip().startswith("<article")
    assert 'id="list"' not in html


def test_the_panel_fragment_of_nobody_is_empty_not_a_fault(board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get("/users", headers=PANEL)
    assert (response.status_code, response.text.strip()) == (200, "")


def test_a_boosted_request_gets_the_whole_page(board: BoardUnderTest) -> None:
    assert "<html" in board.browser(Role.SUPPORT).get("/users", headers=BOOSTED).text


def test_an_error_of_a_fragment_is_a_fragment(board: BoardUnderTest) -> None:
    html = board.browser(Role.SUPPORT).get(f"/users?selected={UUID(int=7)}", headers=PANEL).text
    assert "data-error-panel" in html
    assert "<html" not in html


def test_the_panel_costs_the_same_queries_whatever_the_user_has(
    board: BoardUnderTest, people: People
) -> None:
    costs = []
    for user in (people.jane, people.nina):
        with recorded_queries(board.runtime.database.engine) as statements:
            panel(board, user)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 6

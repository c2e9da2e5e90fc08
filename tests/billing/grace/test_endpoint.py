"""`POST /v1/admin/billing/grace-period/reset`, and the buttons of a grace period's panel."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Role
from tests.billing.asking import get_panel
from tests.clients import BoardUnderTest
from tests.factories import START, make_grace_period, make_organization, make_subscription, make_user
from tests.pages import Page

PATH = "/v1/admin/billing/grace-period/reset"


@pytest.fixture(scope="module")
def customer(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        customer = make_organization(session, name="Acme Plumbing", stripe_customer_id="cus_acme")
        make_subscription(session, organization_id=customer.id, status=SubscriptionStatus.PAST_DUE)
        make_user(session, email="jane@acme.test", organization_id=customer.id)
        return customer.id


def test_it_needs_no_more_than_who_and_how_long(board: BoardUnderTest, customer: UUID) -> None:
    program = board.program(role=Role.SUPPORT)
    dry = program.post(f"{PATH}?dry_run=true", json={"user_id": "jane@acme.test", "days": 14})
    assert dry.status_code == 200, dry.text
    assert dry.json()["preview"]["changes"] == [
        {"field": "Ends on", "before": None, "after": "Thursday, 29 January 2026"},
        {"field": "Days left", "before": 0, "after": 14},
        {"field": "Grace period", "before": "none", "after": "open"},
    ]
    first = program.post(PATH, json={"user_id": "jane@acme.test", "days": 14})
    assert first.status_code == 200, first.text
    assert first.json()["result"]["ends_at"] == "2026-01-29T12:00:00.000000+00:00"
    second = program.post(PATH, json={"customer": "cus_acme", "days": 30, "reason": "They asked for more"})
    assert second.json()["result"]["grace_period_id"] == first.json()["result"]["grace_period_id"]
    assert second.json()["result"]["ends_at"] == "2026-02-14T12:00:00.000000+00:00"
    undone = program.post(second.json()["undo"]["href"], json={})
    assert undone.json()["result"]["ends_at"] == "2026-01-29T12:00:00.000000+00:00"


def test_the_same_key_gives_the_first_answer(board: BoardUnderTest, customer: UUID) -> None:
    program = board.program(role=Role.BILLING)
    headers = {"Idempotency-Key": "reset-of-acme"}
    body = {"customer": str(customer), "days": 5}
    answers = [program.post(PATH, json=body, headers=headers).json() for _ in range(2)]
    assert answers[0]["audit_id"] == answers[1]["audit_id"]
    other = program.post(PATH, json=body | {"days": 6}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_less_time_is_refused_to_whoever_names_what_they_accept_and_not_that(board: BoardUnderTest) -> None:
    customer = str(make_customer_with_a_week(board))
    program = board.program(role=Role.SUPPORT)
    body: dict[str, object] = {"customer": customer, "days": 3}
    refused = program.post(PATH, json=body | {"acknowledge": []})
    assert refused.json()["code"] == "acknowledgement_required", refused.text
    assert program.post(PATH, json=body | {"acknowledge": ["shorter"]}).status_code == 200
    assert program.post(PATH, json=body | {"days": 2}).status_code == 200


def make_customer_with_a_week(board: BoardUnderTest) -> UUID:
    with board.rows() as session:
        customer = make_subscription(session, status=SubscriptionStatus.PAST_DUE).organization_id
        make_grace_period(session, organization_id=customer, ends_at=START + timedelta(days=7))
        return customer


def test_the_form_says_that_days_count_from_today_and_asks_before_it_shortens(board: BoardUnderTest) -> None:
    customer = make_customer_with_a_week(board)
    browser = board.browser(Role.SUPPORT)
    form = Page(browser.get(f"/actions/billing.reset_grace_period?customer={customer}").text)
    assert form.root.get("h1").text == "Set the grace period"
    assert "It ends on Thursday, 22 January 2026, with 7 days left." in form.text
    assert "The number below counts from today" in form.text
    assert "Days from today" in form.text
    typed = {"customer": str(customer), "days": "3", "reason": "They asked for 3 more days"}
    live = Page(browser.get("/actions/billing.reset_grace_period/live", params=typed).text)
    assert "Ends on: Thursday, 22 January 2026 becomes Sunday, 18 January 2026" in live.text
    preview = Page(browser.submit("/actions/billing.reset_grace_period/preview", typed).text)
    (box,) = preview.root.find_all("input", name="acknowledged")
    assert box.attributes["value"] == "shorter"
    assert "Set to 3 days from today" in preview.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"days": 5}, 422, "invalid_input"),
        ({"days": 5, "customer": "acme", "user_id": "jane@acme.test"}, 422, "invalid_input"),
        ({"days": 91, "customer": "cus_acme"}, 422, "invalid_input"),
        ({"days": 0, "customer": "cus_acme"}, 422, "invalid_input"),
        ({"customer": "cus_acme", "days": 5, "reason": "short"}, 422, "invalid_input"),
        ({"customer": "nobody", "days": 5}, 404, "payer_unknown"),
        ({"user_id": "nobody@acme.test", "days": 5}, 404, "user_unknown"),
    ],
)
def test_what_is_wrong_is_said(
    board: BoardUnderTest, customer: UUID, body: dict[str, object], status: int, code: str
) -> None:
    answer = board.program(role=Role.BILLING).post(PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_viewers_may_not(board: BoardUnderTest, customer: UUID) -> None:
    answer = board.program(role=Role.VIEWER).post(PATH, json={"customer": str(customer), "days": 5})
    assert answer.status_code == 403


def test_the_panel_leads_to_both_changes(board: BoardUnderTest) -> None:
    with board.rows() as session:
        open_one = make_grace_period(session, ends_at=START + timedelta(days=2)).id
        over = make_grace_period(session, starts_at=START - timedelta(days=9), ends_at=START).id
    support = links_of(board, open_one, Role.SUPPORT)
    assert any("billing.reset_grace_period" in link for link in support)
    assert any(f"billing.close_grace_period?grace_period={open_one}" in link for link in support)
    assert not any("billing.close_grace_period" in link for link in links_of(board, over, Role.SUPPORT))
    assert not any("grace_period" in link for link in links_of(board, open_one, Role.VIEWER))


def links_of(board: BoardUnderTest, grace_period: UUID, role: Role) -> list[str]:
    page = get_panel(board, "grace-periods", grace_period, role=role)
    return [str(link.attributes["href"]) for link in page.root.find_all("a")]

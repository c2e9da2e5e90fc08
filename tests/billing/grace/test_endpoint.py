"""`POST /v1/admin/billing/grace-period/reset`, and the buttons of a grace period's panel."""

from datetime import timedelta
from uuid import UUID

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Role
from tests.billing.asking import get_panel
from tests.clients import BoardUnderTest
from tests.factories import START, make_grace_period, make_organization, make_subscription, make_user

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
        {"field": "Grace period", "before": "none", "after": "open"},
        {"field": "Days left", "before": 0, "after": 14},
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

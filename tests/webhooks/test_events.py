"""Billing events: the list, its search and filters, the panel, the payload and who may read it."""

import csv
import io
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from adminboard.billing.event_models import BillingEventSource, ProcessingStatus
from adminboard.core.permissions import Permission, Role
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_billing_event, make_organization
from tests.pages import Page

PANEL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
PAYLOAD = {
    "id": "evt_Full42",
    "data": {"object": {"id": "pi_Object42", "payment_intent": "pi_Intent42", "email": "a@b.test"}},
}
FULL = UUID("0a1b2c3d-0000-4000-8000-0000000000e1")


@pytest.fixture(scope="module")
def acme(board: BoardUnderTest) -> UUID:
    """A customer with one event of everything; two others have a failed one and a bare one by hand."""
    with board.rows() as session:
        acme = make_organization(session, name="Acme Plumbing", slug="acme").id
        make_billing_event(
            session,
            id=FULL,
            stripe_event_id="evt_Full42",
            event_type="customer.subscription.updated",
            organization_id=acme,
            raw_payload=PAYLOAD,
            stripe_customer_id="cus_Acme42",
            stripe_subscription_id="sub_Acme42",
            stripe_invoice_id="in_Acme42",
            stripe_charge_id="ch_Acme42",
            stripe_refund_id="re_Acme42",
            amount_cents=4900,
            currency="usd",
            previous_status="trialing",
            status="active",
            previous_quantity=2,
            quantity=3,
            notes="Asked by Hazel on the phone",
            processing_status=ProcessingStatus.PROCESSED,
            attempts=1,
            received_at=START + timedelta(hours=2),
            processed_at=START + timedelta(hours=2),
        )
        make_billing_event(
            session,
            stripe_event_id="evt_Failed42",
            event_type="invoice.payment_failed",
            processing_status=ProcessingStatus.FAILED,
            attempts=3,
            last_error="No organization has the Stripe customer of this event. " * 9,
            next_attempt_at=START + timedelta(hours=5),
            received_at=START + timedelta(hours=1),
            amount_cents=1000,
            currency="jpy",
        )
        make_billing_event(
            session,
            stripe_event_id=None,
            source=BillingEventSource.MANUAL,
            event_type="organization.suspended",
            organization_id=None,
        )
        return acme


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, acme: UUID) -> Program:
    return board.program(Permission.WEBHOOKS_READ, Permission.PERSONAL_READ)


def find(program: Program, **parameters: Any) -> list[str]:
    answer = program.get("/v1/admin/webhooks", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["event_type"] for item in answer.json()["items"]]


def open_panel(board: BoardUnderTest, event: UUID, role: Role = Role.SUPPORT) -> Page:
    answer = board.browser(role).get(f"/webhooks?selected={event}", headers=PANEL)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def test_it_shows_the_newest_first_with_all_columns(board: BoardUnderTest, acme: UUID) -> None:
    page = Page(board.browser(Role.SUPPORT).get("/webhooks").text)
    full, failed, manual = page.rows
    assert full["Received"].startswith("2026-01-15 06:00")
    assert full["Type"] == "customer.subscription.updated"
    assert full["Customer"] == "Acme Plumbing"
    assert full["Source"] == "Webhook"
    assert full["Status"].endswith("processed")
    assert (full["Amount"], full["Attempts"]) == ("$49.00", "1")
    assert "Hazel" in full["Notes"]
    assert failed["Amount"] == "¥1,000"
    assert failed["Status"].endswith("failed")
    assert (manual["Customer"], manual["Amount"], manual["Notes"]) == ("N/A", "N/A", "N/A")
    assert f"/customers?selected={acme}" in page.links()


@pytest.mark.parametrize(
    "term",
    [
        "evt_Full42",
        "cus_Acme42",
        "sub_Acme42",
        "in_Acme42",
        "ch_Acme42",
        "re_Acme42",
        "pi_Object42",
        "pi_Intent42",
        "evt_Full",
        str(FULL),
        "0a1b2c3d",
    ],
)
def test_it_is_found_by_any_id_it_is_about(term: str, program: Program) -> None:
    assert find(program, q=term) == ["customer.subscription.updated"]


@pytest.mark.parametrize("term", ["updated", "evt_Nobody", "pi_", "%"])
def test_nothing_else_finds_it(term: str, program: Program) -> None:
    assert find(program, q=term) == []


def test_it_filters_by_type_status_source_customer_and_date(program: Program, acme: UUID) -> None:
    assert find(program, type="invoice.payment_failed") == ["invoice.payment_failed"]
    assert find(program, status="failed") == ["invoice.payment_failed"]
    assert find(program, source="manual") == ["organization.suspended"]
    assert find(program, customer=str(acme)) == ["customer.subscription.updated"]
    assert find(program, customer="acme plumbing") == ["customer.subscription.updated"]
    assert find(program, received_to="2026-01-14") == []
    assert len(find(program, received_from="2026-01-15", received_to="2026-01-15")) == 3
    assert find(program, status=["failed", "processed"], source="webhook", sort="received_at") == [
        "invoice.payment_failed",
        "customer.subscription.updated",
    ]


def test_a_customer_is_offered_by_name(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get("/webhooks/options", params={"customer": "acme"})
    assert answer.status_code == 200
    assert "Acme Plumbing" in answer.text
    assert str(acme) in answer.text


def test_the_panel_tells_what_it_is_about_and_what_changed(board: BoardUnderTest, acme: UUID) -> None:
    page = open_panel(board, FULL)
    for part in ("sub_Acme42", "ch_Acme42", "trialing becomes active", "2 becomes 3", "1 attempt", "Hazel"):
        assert part in page.text, part
    assert f"/customers?selected={acme}" in page.links()
    assert f"/webhooks/{FULL}/payload.json" in page.links()
    assert json.loads(page.root.get("pre").text) == PAYLOAD


def test_a_failed_one_says_why_and_when_it_is_tried_again(board: BoardUnderTest, program: Program) -> None:
    failed = program.get("/v1/admin/webhooks", params={"status": "failed"}).json()["items"][0]["id"]
    text = open_panel(board, failed).text
    for part in ("3 attempts", "No organization has the Stripe customer", "Next attempt"):
        assert part in text, part


def test_one_by_hand_has_no_payload(board: BoardUnderTest, program: Program) -> None:
    manual = program.get("/v1/admin/webhooks", params={"source": "manual"}).json()["items"][0]["id"]
    assert "done by hand" in open_panel(board, manual).text
    assert board.browser(Role.SUPPORT).get(f"/webhooks/{manual}/payload.json").status_code == 404


def test_the_payload_is_a_file(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get(f"/webhooks/{FULL}/payload.json")
    assert answer.json() == PAYLOAD
    assert answer.headers["content-disposition"] == f'attachment; filename="event-{FULL}.json"'
    assert board.browser(Role.SUPPORT).get(f"/webhooks/{uuid4()}/payload.json").status_code == 404


def test_viewers_get_neither_payload_nor_notes(board: BoardUnderTest, acme: UUID) -> None:
    page = open_panel(board, FULL, Role.VIEWER)
    assert "a@b.test" not in page.html
    assert "Hazel" not in page.html
    assert "not shown to viewers" in page.text
    browser = board.browser(Role.VIEWER)
    assert browser.get(f"/webhooks/{FULL}/payload.json").status_code == 403
    assert "Hazel" not in browser.get("/webhooks").text
    assert "Hazel" not in browser.get("/webhooks/export.csv").text
    record = board.program(Permission.WEBHOOKS_READ).get(f"/v1/admin/webhooks/{FULL}").json()
    assert (record["raw_payload"], record["notes"]) == (None, None)


def test_the_api_names_it_by_stripes_id_too(program: Program) -> None:
    record = program.get("/v1/admin/webhooks/evt_Full42").json()
    assert (record["id"], record["quantity"], record["raw_payload"]) == (str(FULL), 3, PAYLOAD)
    assert program.get("/v1/admin/webhooks/evt_Nobody").status_code == 404


def test_the_export_has_all_that_match(board: BoardUnderTest, acme: UUID) -> None:
    answer = board.browser(Role.SUPPORT).get("/webhooks/export.csv?source=webhook")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["Type"] for row in rows] == ["customer.subscription.updated", "invoice.payment_failed"]
    assert rows[0]["Amount"] == "$49.00"


def test_pages_lead_on_and_cost_the_same_queries(board: BoardUnderTest, acme: UUID) -> None:
    browser = board.browser(Role.SUPPORT)
    costs = []
    for _ in range(2):
        with recorded_queries(board.runtime.database.engine) as statements:
            assert browser.get("/webhooks?source=webhook&limit=25").status_code == 200
        costs.append(len(statements))
        with board.rows() as session:
            for number in range(30):
                make_billing_event(session, received_at=START - timedelta(minutes=number))
    assert costs[0] == costs[1] <= 8
    first = Page(browser.get("/webhooks?limit=25").text)
    second = Page(browser.get(first.link("page-next")).text)
    assert not set(first.row_ids) & set(second.row_ids)
    assert Page(browser.get(second.link("page-previous")).text).row_ids == first.row_ids

"""The list of refunds: money given back, of which invoice, why, and who asked for it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import RefundReason, RefundStatus
from adminboard.core.permissions import Permission, Role
from tests.billing.asking import find_ids, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program, recorded_queries
from tests.factories import START, make_invoice, make_refund

Rows = dict[str, UUID]
AMOUNTS = {"whole": 4900, "part": 1000, "failed": 2500, "pending": 300, "yen": 900, "alone": 700}


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    with board.rows() as session:
        acme = make_customer(session, "Acme Plumbing", "jane@acme.test", stripe_customer_id="cus_Acme")
        beta = make_customer(session, "Beta Roofing")
        invoice = make_invoice(
            session,
            organization_id=acme.id,
            number="ACME-0001",
            stripe_invoice_id="in_Acme1",
            amount_paid_cents=9900,
            amount_refunded_cents=5900,
        )

        def make(name: str, days: int, **fields: Any) -> UUID:
            made: dict[str, Any] = {
                "organization_id": acme.id,
                "invoice_id": invoice.id,
                "stripe_refund_id": f"re_{name}",
                "amount_cents": AMOUNTS[name],
                "created_at": START - timedelta(days=days),
                "requested_by": "billing@staff.test",
            }
            return make_refund(session, **(made | fields)).id

        theirs = {"organization_id": beta.id, "invoice_id": None}
        return {
            "acme": acme.id,
            "invoice": invoice.id,
            "whole": make("whole", 0, reason=RefundReason.REQUESTED_BY_CUSTOMER),
            "part": make("part", 1, reason=RefundReason.DUPLICATE),
            "failed": make(
                "failed", 2, status=RefundStatus.FAILED, failure_reason="expired_or_canceled_card"
            ),
            "pending": make("pending", 3, status=RefundStatus.REQUIRES_ACTION),
            "yen": make("yen", 4, currency="jpy", requested_by="Stripe dashboard", **theirs),
            "alone": make("alone", 40, stripe_refund_id=None, **theirs),
        }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest) -> Program:
    return board.program(Permission.BILLING_READ, Permission.PERSONAL_READ)


def find(program: Program, rows: Rows, **parameters: Any) -> list[str]:
    names = {key: name for name, key in rows.items()}
    return [names[key] for key in find_ids(program, "refunds", **parameters)]


def test_each_says_when_of_what_how_much_why_and_by_whom(board: BoardUnderTest) -> None:
    first, *_, last = get(board, "refunds").rows
    assert first == {
        "Customer": "Acme Plumbing",
        "Date": first["Date"],
        "Invoice": "ACME-0001",
        "Amount": "$49.00",
        "Currency": "USD",
        "Reason": "Requested by customer",
        "Status": "succeeded",
        "Requested by": "billing@staff.test",
    }
    assert first["Date"].startswith("2026-01-15 04:00")
    assert (last["Customer"], last["Invoice"], last["Reason"]) == ("Beta Roofing", "N/A", "N/A")


def test_amounts_are_in_their_own_currency(board: BoardUnderTest) -> None:
    row = next(row for row in get(board, "refunds").rows if row["Currency"] == "JPY")
    assert (row["Amount"], row["Requested by"]) == ("¥900", "Stripe dashboard")


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["whole", "part", "failed", "pending", "yen", "alone"]),
        ({"sort": "created_at", "limit": 2}, ["alone", "yen"]),
        ({"status": ["failed", "canceled"]}, ["failed"]),
        ({"status": "requires_action"}, ["pending"]),
        ({"reason": "duplicate"}, ["part"]),
        ({"customer": "Beta Roofing"}, ["yen", "alone"]),
        ({"customer": "cus_Acme", "reason": "requested_by_customer"}, ["whole"]),
        ({"date_to": "2025-12-31"}, ["alone"]),
        ({"q": "acme plumb"}, ["whole", "part", "failed", "pending"]),
        ({"q": "jane@acme.test"}, ["whole", "part", "failed", "pending"]),
        ({"q": "acme-0001"}, ["whole", "part", "failed", "pending"]),
        ({"q": "in_Acme1"}, ["whole", "part", "failed", "pending"]),
        ({"q": "re_yen"}, ["yen"]),
        ({"q": "re_nobody"}, []),
    ],
)
def test_they_are_found_filtered_and_sorted(
    parameters: dict[str, Any], found: list[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


def test_figures_are_by_currency_and_of_what_came_of_them(board: BoardUnderTest) -> None:
    figures = get_figures(board, "refunds")
    assert figures["Refunds"] == "6"
    assert figures["Refunded"] == "$66.00 ¥900"
    assert (figures["On their way"], figures["Failed"]) == ("1", "1")


def test_the_panel_names_the_invoice_and_what_is_left_of_it(board: BoardUnderTest, rows: Rows) -> None:
    page = get_panel(board, "refunds", rows["part"])
    for part in ("$10.00", "Duplicate", "re_part", "Paid $99.00", "Refunded of it $59.00", "USD"):
        assert part in page.text, part
    assert f"/billing/invoices?selected={rows['invoice']}" in page.links()
    assert f"/customers?selected={rows['acme']}" in page.links()
    assert "A payment that no invoice asked for" in get_panel(board, "refunds", rows["alone"]).text


def test_the_api_knows_it_by_stripes_id_too(program: Program, rows: Rows) -> None:
    record = program.get("/v1/admin/billing/refunds/re_part").json()
    assert record["id"] == str(rows["part"])
    assert (record["amount_cents"], record["currency"], record["invoice_number"]) == (
        1000,
        "usd",
        "ACME-0001",
    )
    assert program.get("/v1/admin/billing/refunds/re_nobody").status_code == 404


def test_it_is_one_of_the_tabs_of_billing(board: BoardUnderTest) -> None:
    (bar,) = get(board, "refunds").root.find_all("nav", class_="tabs")
    assert [link.text for link in bar.find_all("a")] == [
        "Subscriptions", "Invoices", "Refunds", "Usage", "Payment methods", "Grace periods",
    ]  # fmt: skip
    assert bar.get("a", aria_current="page").text == "Refunds"


def test_the_number_of_its_queries_is_fixed(board: BoardUnderTest, rows: Rows) -> None:
    get(board, "refunds", Role.VIEWER)
    with recorded_queries(board.runtime.database.engine) as statements:
        get(board, f"refunds?selected={rows['part']}", Role.VIEWER)
    assert len(statements) <= 5, "\n".join(statements)


def test_one_that_failed_says_why(board: BoardUnderTest, program: Program, rows: Rows) -> None:
    panel = get_panel(board, "refunds", rows["failed"]).text
    assert "It failed: Expired or canceled card" in panel
    assert "It failed" not in get_panel(board, "refunds", rows["whole"]).text
    answer = program.get(f"/v1/admin/billing/refunds/{rows['failed']}").json()
    assert answer["failure_reason"] == "expired_or_canceled_card"

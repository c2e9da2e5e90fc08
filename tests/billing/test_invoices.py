"""Invoices: amounts in their currency, dates, failures, refunds, links out, and figures by currency."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.billing.models import InvoiceStatus, RefundReason, RefundStatus
from adminboard.core.permissions import Permission, Role
from tests.billing.asking import find_ids, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program
from tests.factories import (
    START,
    make_billing_event,
    make_invoice,
    make_plan,
    make_refund,
    make_subscription,
)

Rows = dict[str, UUID]
WEEK = timedelta(days=7)
HOSTED = "https://invoice.stripe.com/i/acme"


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    with board.rows() as session:
        acme = make_customer(session, "Acme Plumbing", "jane@acme.test", stripe_customer_id="cus_Acme")
        plan = make_plan(session, name="Scale", slug="scale")
        make_plan(session, slug="unsold")
        subscription = make_subscription(session, organization_id=acme.id, plan_id=plan.id)

        def make(name: str, days: int, **fields: Any) -> UUID:
            defaults: dict[str, Any] = {
                "organization_id": acme.id,
                "number": f"ACME-{days:04}",
                "stripe_invoice_id": f"in_{name.replace(' ', '')}",
                "created_at": START - timedelta(days=days),
            }
            return make_invoice(session, **(defaults | fields)).id

        def fail(name: str, at: datetime) -> None:
            make_billing_event(
                session,
                organization_id=acme.id,
                event_type="invoice.payment_failed",
                stripe_invoice_id=f"in_{name.replace(' ', '')}",
                received_at=at,
                notes="Your card has insufficient funds.",
            )

        unpaid = {"status": InvoiceStatus.OPEN, "amount_paid_cents": 0, "paid_at": None}
        made = {
            "whole": make(
                "whole",
                0,
                subscription_id=subscription.id,
                amount_due_cents=23700,
                amount_paid_cents=23700,
                amount_refunded_cents=2900,
                due_date=START + WEEK,
                period_start=START,
                period_end=START + timedelta(days=31),
                hosted_invoice_url=HOSTED,
                invoice_pdf_url=f"{HOSTED}/pdf",
            ),
            "yen": make("yen", 1, amount_due_cents=4900, amount_paid_cents=4900, currency="jpy"),
            "past due": make("past due", 9, due_date=START - timedelta(seconds=1), **unpaid),
            "open": make("open", 3, due_date=START + timedelta(days=4), currency="eur", **unpaid),
            "failed": make("failed", 2, due_date=START + timedelta(days=5), **unpaid),
            "failed and paid": make("failed and paid", 5),
            "failed long ago": make("failed long ago", 12),
            "draft": make("draft", 4, number=None, **(unpaid | {"status": InvoiceStatus.DRAFT})),
            "trap": make("trap", 6, hosted_invoice_url="javascript:alert(1)", status=InvoiceStatus.VOID),
        }
        fail("failed", START - timedelta(hours=1))
        fail("failed", START - timedelta(hours=5))
        fail("failed and paid", START - WEEK + timedelta(seconds=1))
        fail("failed long ago", START - WEEK)
        refund_twice(session, acme.id, made["whole"])
        return made


def refund_twice(session: Session, customer: UUID, invoice: UUID) -> None:
    """Once with success, once without."""
    make_refund(
        session,
        organization_id=customer,
        invoice_id=invoice,
        amount_cents=2900,
        reason=RefundReason.DUPLICATE,
        stripe_refund_id="re_Acme",
        requested_by="billing@aicallgo.test",
        created_at=START - timedelta(hours=3),
    )
    make_refund(
        session,
        organization_id=customer,
        invoice_id=invoice,
        amount_cents=100,
        status=RefundStatus.FAILED,
        stripe_refund_id=None,
    )


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, rows: Rows) -> Program:
    return board.program()


def find(program: Program, rows: Rows, **parameters: Any) -> set[str]:
    names = {row_id: name for name, row_id in rows.items()}
    return {names[row_id] for row_id in find_ids(program, "invoices", **parameters)}


def test_a_row_tells_amounts_and_dates(board: BoardUnderTest, rows: Rows) -> None:
    page = get(board, "invoices")
    assert page.headers[:7] == ["Customer", "Number", "Amount", "Refunded", "Status", "Due", "Paid"]
    row = page.rows[0]
    assert (row["Customer"], row["Number"], row["Status"]) == ("Acme Plumbing", "ACME-0000", "paid")
    assert (row["Amount"], row["Refunded"]) == ("$237.00", "$29.00")
    assert (row["Due"], row["Paid"]) == ("2026-01-22 04:00 PST", "2026-01-15 04:00 PST")
    assert page.rows[1]["Amount"] == "¥4,900"


@pytest.mark.usefixtures("probing")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"plan": "scale"}, {"whole"}),
        ({"plan": ["scale", "unsold"], "status": "open"}, set()),
        ({"status": "open"}, {"past due", "open", "failed"}),
        ({"status": ["draft", "void"]}, {"draft", "trap"}),
        ({"failed": "yes"}, {"failed", "failed and paid"}),
        ({"failed": "yes", "status": "open"}, {"failed"}),
        ({"overdue": "yes"}, {"past due"}),
        ({"due_from": "2026-01-20", "due_to": "2026-01-22"}, {"whole", "failed"}),
        ({"due": "next7d"}, {"past due", "open", "failed"}),
        ({"paid": "today", "q": "ACME-0001"}, {"yen"}),
        ({"paid_to": "2026-01-14"}, set()),
        ({"created": "yesterday"}, {"yen"}),
        ({"created_to": "2026-01-08"}, {"past due", "failed long ago"}),
        (
            {"q": "acme-00", "status": ["paid", "void"], "failed": "no"},
            {"whole", "yen", "failed long ago", "trap"},
        ),
        ({"q": "ACME-0012"}, {"failed long ago"}),
        ({"q": "in_yen"}, {"yen"}),
        ({"q": "re_Acme"}, {"whole"}),
    ],
)
def test_filters_and_search_keep_what_they_name(
    parameters: dict[str, Any], found: set[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


@pytest.mark.parametrize("flag", ["failed", "overdue"])
def test_no_is_all_that_yes_is_not(flag: str, program: Program, rows: Rows) -> None:
    yes, no = (find(program, rows, **{flag: word}) for word in ("yes", "no"))
    assert yes | no == set(rows)
    assert not yes & no


def test_figures_never_add_different_currencies(board: BoardUnderTest, program: Program) -> None:
    assert get_figures(board, "invoices") == {
        "Invoices": "9",
        "Invoiced": "$433.00 €49.00 · ¥4,900",
        "Open": "$98.00 €49.00",
        "Paid": "$384.00 ¥4,900",
        "Refunded": "$29.00 in no other currency",
    }
    assert get_figures(board, "invoices?status=draft") == {
        "Invoices": "1",
        "Invoiced": "0 in any currency",
        "Open": "0 in any currency",
        "Paid": "0 in any currency",
        "Refunded": "0 in any currency",
    }
    assert program.get("/v1/admin/billing/invoices/cards?status=open").json() == {
        "invoices": 3,
        "invoiced": {"usd": 9800, "eur": 4900},
        "open": {"usd": 9800, "eur": 4900},
        "paid": {},
        "refunded": {},
    }


def test_the_panel_tells_amounts_period_and_subscription(board: BoardUnderTest, rows: Rows) -> None:
    page = get_panel(board, "invoices", rows["whole"])
    for told in (
        "ACME-0000",
        "Amount due $237.00",
        "Refunded $29.00",
        "Paid less refunded $208.00",
        "Currency USD",
        "Period from 2026-01-15 04:00 PST",
        "Subscription Scale active",
    ):
        assert told in page.text, told
    links = page.links()
    assert HOSTED in links
    assert f"{HOSTED}/pdf" in links
    assert "https://dashboard.stripe.com/invoices/in_whole" in links
    assert any(link.startswith("/billing/subscriptions?selected=") for link in links)


def test_the_panel_tells_each_refund_newest_first(board: BoardUnderTest, rows: Rows) -> None:
    text = get_panel(board, "invoices", rows["whole"]).text
    assert "Amount $29.00 succeeded Reason Duplicate Requested by billing@aicallgo.test" in text
    assert "re_Acme" in text
    assert text.index("Amount $1.00 failed") < text.index("Amount $29.00 succeeded")
    assert "Nothing was given back" in get_panel(board, "invoices", rows["yen"]).text


def test_the_panel_tells_why_payments_failed(board: BoardUnderTest, rows: Rows) -> None:
    text = get_panel(board, "invoices", rows["failed"]).text
    assert text.count("Your card has insufficient funds.") == 3
    notice = text.index("The last payment failed")
    assert "Your card has insufficient funds." in text[notice : text.index("Billing email")]
    assert "The last payment failed" not in get_panel(board, "invoices", rows["whole"]).text
    assert "an hour ago" in text


def test_an_address_that_is_none_is_no_link(board: BoardUnderTest, rows: Rows, program: Program) -> None:
    page = get_panel(board, "invoices", rows["trap"])
    assert "javascript" not in page.html
    assert "Stripe has no page for it yet." in page.text
    assert program.get(f"/v1/admin/billing/invoices/{rows['trap']}").json()["hosted_invoice_url"] is None


def test_stripes_page_of_an_invoice_is_not_for_viewers(board: BoardUnderTest, rows: Rows) -> None:
    page = get_panel(board, "invoices", rows["whole"], Role.VIEWER)
    assert HOSTED not in page.html
    assert "your role does not open it" in page.text
    record = board.program(Permission.BILLING_READ).get(f"/v1/admin/billing/invoices/{rows['whole']}").json()
    assert record["hosted_invoice_url"] is record["invoice_pdf_url"] is None


def test_an_invoice_goes_by_number_and_stripe_id_too(program: Program, rows: Rows) -> None:
    for name in ("in_whole", "ACME-0000", "acme-0000"):
        assert program.get(f"/v1/admin/billing/invoices/{name}").json()["id"] == str(rows["whole"])

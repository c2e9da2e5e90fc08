"""CSV of billing: all columns of all rows that match, money as its currency writes it, times in UTC."""

import csv
import io
from datetime import timedelta

import pytest

from adminboard.billing.models import InvoiceStatus
from adminboard.core.permissions import Role
from tests.billing.asking import LISTS, make_customer
from tests.clients import BoardUnderTest
from tests.factories import (
    START,
    make_grace_period,
    make_invoice,
    make_payment_method,
    make_plan,
    make_subscription,
    make_usage_period,
)


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> None:
    with board.rows() as session:
        payer = {"organization_id": make_customer(session, "=Acme").id}
        plan = make_plan(session, name="Scale", currency="jpy")
        make_subscription(session, plan_id=plan.id, stripe_subscription_id="sub_Acme", **payer)
        make_invoice(
            session,
            number="A-1",
            amount_due_cents=123450,
            currency="eur",
            amount_paid_cents=0,
            paid_at=None,
            status=InvoiceStatus.OPEN,
            due_date=START + timedelta(days=7),
            **payer,
        )
        make_invoice(
            session,
            number="A-2",
            amount_due_cents=4900,
            currency="jpy",
            created_at=START - timedelta(1),
            **payer,
        )
        make_usage_period(session, minutes_used=612, overage_cents=1120, **payer)
        make_payment_method(session, last4="0042", **payer)
        make_grace_period(session, ends_at=START, starts_at=START - timedelta(days=7), **payer)


def export(board: BoardUnderTest, path: str) -> list[dict[str, str]]:
    name, _, query = path.partition("?")
    response = board.browser(Role.SUPPORT).get(f"/billing/{name}/export.csv?{query}")
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_a_file_of_its_own_name(name: str, board: BoardUnderTest) -> None:
    response = board.browser(Role.SUPPORT).get(f"/billing/{name}/export.csv")
    assert response.headers["content-disposition"] == f'attachment; filename="{name}-2026-01-15-1200.csv"'
    assert all(row["Customer"] == "'=Acme" for row in export(board, name))


def test_money_is_written_by_its_currency(board: BoardUnderTest) -> None:
    rows = export(board, "invoices")
    assert [row["Amount"] for row in rows] == ["€1,234.50", "¥4,900"]
    assert [row["Paid amount"] for row in rows] == ["€0.00", "¥4,900"]
    assert export(board, "usage")[0]["Overage"] == "¥1,120"


def test_times_are_utc_and_missing_ones_empty(board: BoardUnderTest) -> None:
    first = export(board, "invoices")[0]
    assert first["Due"] == "2026-01-22T12:00:00Z"
    assert first["Paid"] == ""


def test_it_holds_what_the_filter_keeps(board: BoardUnderTest) -> None:
    assert [row["Number"] for row in export(board, "invoices?status=paid")] == ["A-2"]
    assert export(board, "invoices?q=nobody") == []
    assert [row["Number"] for row in export(board, "invoices?q=%3DAcme&sort=amount_due_cents")] == [
        "A-2",
        "A-1",
    ]


def test_what_depends_on_the_time_is_as_on_the_page(board: BoardUnderTest) -> None:
    assert export(board, "grace-periods")[0]["Status"] == "lapsed"
    assert export(board, "payment-methods")[0]["Expires"] == "2030-12"
    assert export(board, "payment-methods")[0]["Last 4"] == "0042"
    subscription = export(board, "subscriptions")[0]
    assert (subscription["Plan"], subscription["Cancels?"]) == ("Scale", "no")

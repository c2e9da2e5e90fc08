"""Payment methods: what they are, when a card is over, and which are about to be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import PaymentMethodStatus, SubscriptionStatus
from tests.billing.asking import find_ids, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_payment_method, make_plan, make_subscription

Rows = dict[str, UUID]


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    """Cards around the middle of January 2026. Acme has Scale, which Other left for Growth."""
    with board.rows() as session:
        acme = make_customer(session, "Acme Plumbing", stripe_customer_id="cus_Acme").id
        other = make_customer(session, "Other").id
        scale, growth = (make_plan(session, slug=slug).id for slug in ("scale", "growth"))
        make_subscription(session, organization_id=acme, plan_id=scale)
        make_subscription(session, organization_id=other, plan_id=scale, status=SubscriptionStatus.CANCELED)
        make_subscription(session, organization_id=other, plan_id=growth)

        def make(days: int, payer: UUID = other, **fields: Any) -> UUID:
            made = {"created_at": START - timedelta(days=days), "organization_id": payer}
            return make_payment_method(session, **(made | fields)).id

        nothing: dict[str, Any] = {"brand": None, "last4": None, "exp_month": None, "exp_year": None}
        return {
            "good": make(
                0, acme, exp_month=2, exp_year=2030, is_default=True, stripe_payment_method_id="pm_Acme"
            ),
            "link": make(1, acme, type="link", **nothing),
            "debit": make(2, type="sepa_debit", **(nothing | {"last4": "3000"})),
            "this month": make(3, exp_month=1, exp_year=2026, brand="mastercard"),
            "next month": make(4, exp_month=2, exp_year=2026),
            "last month": make(5, exp_month=12, exp_year=2025),
            "known to be over": make(6, exp_month=1, exp_year=2024, status=PaymentMethodStatus.EXPIRED),
            "detached": make(7, exp_month=1, exp_year=2026, status=PaymentMethodStatus.DETACHED),
        }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, rows: Rows) -> Program:
    return board.program()


def find(program: Program, rows: Rows, **parameters: Any) -> set[str]:
    names = {row_id: name for name, row_id in rows.items()}
    return {names[row_id] for row_id in find_ids(program, "payment-methods", **parameters)}


def test_a_row_tells_what_it_is(board: BoardUnderTest) -> None:
    page = get(board, "payment-methods")
    assert page.rows[0] == {
        "Customer": "Acme Plumbing",
        "Type": "Card",
        "Brand": "Visa",
        "Last 4": "4242",
        "Status": "active",
        "Default": "Yes",
        "Expires": "2030-02",
        "Added": "2026-01-15 04:00 PST",
    }
    assert (page.rows[1]["Type"], page.rows[1]["Last 4"], page.rows[1]["Expires"]) == ("Link", "N/A", "N/A")
    assert page.rows[2]["Type"] == "Sepa debit"


def test_a_card_past_its_month_has_expired_at_once(board: BoardUnderTest, rows: Rows) -> None:
    shown = {row["Expires"]: row["Status"] for row in get(board, "payment-methods?q=Other").rows}
    assert shown["2025-12"] == "expired"
    assert "expired" in get_panel(board, "payment-methods", rows["last month"]).text


@pytest.mark.usefixtures("probing")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"plan": "scale"}, {"good", "link"}),
        ({"plan": ["scale", "growth"], "type": ["link", "sepa_debit"]}, {"link", "debit"}),
        ({"plan": "growth", "status": "detached"}, {"detached"}),
        ({"plan": "none"}, set()),
        ({"added": "yesterday"}, {"link"}),
        ({"added_to": "2026-01-09"}, {"known to be over", "detached"}),
        ({"status": "active"}, {"good", "link", "debit", "this month", "next month"}),
        ({"status": "expired"}, {"last month", "known to be over"}),
        ({"status": "detached"}, {"detached"}),
        ({"status": ["active", "expired"], "type": "sepa_debit"}, {"debit"}),
        ({"type": ["link", "sepa_debit"]}, {"link", "debit"}),
        ({"default": "yes"}, {"good"}),
        ({"ending": "yes"}, {"this month"}),
        ({"expires_from": "2026-02-15", "expires_to": "2026-02-16"}, {"next month"}),
        ({"expires_to": "2025-12-01"}, {"last month", "known to be over"}),
        ({"expires_from": "2030-02-28"}, {"good"}),
        ({"expires": "next30d"}, {"this month", "next month", "detached"}),
        ({"q": "pm_Acme"}, {"good"}),
        ({"q": "cus_Acme"}, {"good", "link"}),
        ({"q": "3000"}, {"debit"}),
        ({"q": "300"}, set()),
    ],
)
def test_filters_and_search_keep_what_they_name(
    parameters: dict[str, Any], found: set[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


@pytest.mark.parametrize("flag", ["ending", "default"])
def test_no_is_all_that_yes_is_not(flag: str, program: Program, rows: Rows) -> None:
    yes, no = (find(program, rows, **{flag: word}) for word in ("yes", "no"))
    assert yes | no == set(rows)
    assert not yes & no


def test_a_card_is_good_to_the_last_second_of_its_month(
    board: BoardUnderTest, program: Program, rows: Rows
) -> None:
    board.clock.advance(timedelta(days=16, hours=11, minutes=59, seconds=59))
    try:
        assert "this month" in find(program, rows, status="active")
        board.clock.advance(timedelta(seconds=1))
        assert "this month" in find(program, rows, status="expired")
        assert find(program, rows, ending="yes") == {"next month"}
    finally:
        board.clock.advance(START - board.clock.now())


def test_the_figures_count_what_matches(board: BoardUnderTest) -> None:
    assert get_figures(board, "payment-methods") == {
        "Payment methods": "8",
        "Active": "5",
        "Expiring": "1 within 30 days",
        "Expired": "2",
    }


def test_the_panel_names_the_customers_other_ways_to_pay(board: BoardUnderTest, rows: Rows) -> None:
    page = get_panel(board, "payment-methods", rows["link"])
    assert "Visa 4242" in page.text
    assert f"/billing/payment-methods?selected={rows['good']}" in page.links()
    assert "Expires at the end of 2030-02" in get_panel(board, "payment-methods", rows["good"]).text


def test_a_payment_method_goes_by_its_stripe_id_too(program: Program, rows: Rows) -> None:
    assert program.get("/v1/admin/billing/payment-methods/pm_Acme").json()["id"] == str(rows["good"])

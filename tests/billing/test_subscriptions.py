"""Subscriptions: what a row and the panel tell, each filter, and the figures above."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from adminboard.billing.models import (
    BillingInterval,
    InvoiceStatus,
    PauseBehavior,
    Plan,
    SubscriptionStatus,
)
from adminboard.core.permissions import Role
from tests.billing.asking import find_ids, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program
from tests.factories import (
    START,
    make_feature,
    make_grace_period,
    make_invoice,
    make_plan,
    make_plan_feature,
    make_plan_override,
    make_subscription,
)

Rows = dict[str, UUID]


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    """Acme's has everything; the others differ in what filters look at."""
    with board.rows() as session:
        yen, scale = make_yearly_plan(session), make_plan(session, name="Scale", slug="scale")
        acme = make_customer(
            session,
            "Acme Plumbing",
            "jane@acme.test",
            stripe_customer_id="cus_Acme",
            billing_email="books@acme.test",
        )
        make_plan_override(session, organization_id=acme.id, plan_id=scale.id)
        make_grace_period(session, organization_id=acme.id)
        whole = make_subscription(
            session,
            organization_id=acme.id,
            plan_id=yen.id,
            status=SubscriptionStatus.PAST_DUE,
            quantity=3,
            stripe_subscription_id="sub_Acme",
            stripe_item_id="si_Acme",
            stripe_state_at=START - timedelta(hours=2),
            current_period_end=START + timedelta(days=20),
        )
        make_invoice(
            session,
            organization_id=acme.id,
            subscription_id=whole.id,
            number="ACME-0007",
            amount_due_cents=23700,
            amount_paid_cents=0,
            currency="jpy",
            status=InvoiceStatus.OPEN,
        )

        def make(days: int, **fields: Any) -> UUID:
            made = {"created_at": START - timedelta(days=days), "plan_id": scale.id}
            return make_subscription(session, **(made | fields)).id

        trial = SubscriptionStatus.TRIALING
        return {
            "whole": whole.id,
            "leaving": make(1, cancel_at_period_end=True, canceled_at=START - timedelta(hours=1)),
            "ends today": make(2, status=trial, trial_end=START + timedelta(hours=24)),
            "ends later": make(3, status=trial, trial_end=START + timedelta(hours=24, seconds=1)),
            "has ended": make(4, status=trial, trial_end=START),
            "trial over": make(5, trial_end=START + timedelta(hours=1), pause_behavior=PauseBehavior.VOID),
            "canceled": make(
                6,
                status=SubscriptionStatus.CANCELED,
                current_period_start=START - timedelta(days=70),
                current_period_end=START - timedelta(days=40),
            ),
        }


def make_yearly_plan(session: Session) -> Plan:
    """Growth by the year, in yen, with one feature."""
    plan: Plan = make_plan(
        session,
        name="Growth (JPY)",
        slug="growth-jpy",
        amount_cents=7900,
        currency="jpy",
        interval=BillingInterval.YEAR,
        included_minutes=1080,
        stripe_product_id="prod_growth",
        stripe_price_id="price_growth",
    )
    feature = make_feature(session, name="Call recording", category="Calls")
    make_plan_feature(session, plan_id=plan.id, feature_id=feature.id)
    return plan


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, rows: Rows) -> Program:
    return board.program()


def find(program: Program, rows: Rows, **parameters: Any) -> set[str]:
    names = {row_id: name for name, row_id in rows.items()}
    return {names[row_id] for row_id in find_ids(program, "subscriptions", **parameters)}


def test_a_row_tells_plan_status_and_end(board: BoardUnderTest, rows: Rows) -> None:
    page = get(board, "subscriptions")
    assert page.headers[:5] == ["Customer", "Plan", "Status", "Period end", "Cancels?"]
    assert page.rows[0] == {
        "Customer": "Acme Plumbing",
        "Plan": "Growth (JPY)",
        "Status": "past due",
        "Period end": "2026-02-04 04:00 PST",
        "Cancels?": "No",
        "Seats": "3",
        "Started": "2026-01-15 04:00 PST",
    }
    assert page.rows[1]["Cancels?"] == "Yes"


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "past_due"}, {"whole"}),
        ({"status": ["canceled", "past_due"]}, {"whole", "canceled"}),
        ({"plan": "growth-jpy"}, {"whole"}),
        ({"plan": ["growth-jpy", "scale"], "status": "canceled"}, {"canceled"}),
        ({"plan": "unheard-of"}, set()),
        ({"cancels": "yes"}, {"leaving"}),
        ({"ending": "yes"}, {"ends today"}),
        ({"ending": "no", "status": "trialing"}, {"ends later", "has ended"}),
        ({"period_end_from": "2026-02-03", "period_end_to": "2026-02-04"}, {"whole"}),
        ({"period_end_to": "2025-12-31"}, {"canceled"}),
        ({"period_end": "next30d", "status": "past_due"}, {"whole"}),
        ({"started": "yesterday"}, {"leaving"}),
        ({"started_to": "2026-01-10"}, {"trial over", "canceled"}),
        ({"started_from": "2026-01-12", "status": "trialing"}, {"ends today", "ends later"}),
        ({"paused": "yes"}, {"trial over"}),
        ({"paused": "no", "status": "active"}, {"leaving"}),
        ({"q": "sub_Acme"}, {"whole"}),
        ({"q": "si_Acme"}, {"whole"}),
        ({"customer": "cus_Acme"}, {"whole"}),
    ],
)
def test_filters_keep_what_they_name(
    parameters: dict[str, Any], found: set[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


def test_no_is_all_that_yes_is_not(program: Program, rows: Rows) -> None:
    for flag in ("ending", "cancels", "paused"):
        yes, no = (find(program, rows, **{flag: word}) for word in ("yes", "no"))
        assert yes | no == set(rows)
        assert not yes & no


def test_the_figures_count_what_matches(board: BoardUnderTest) -> None:
    assert get_figures(board, "subscriptions") == {
        "Subscriptions": "7",
        "Active": "2",
        "On trial": "3",
        "Past due": "1",
        "Set to cancel": "1",
    }
    assert get_figures(board, "subscriptions?status=canceled")["Active"] == "0"


def test_the_panel_tells_customer_plan_periods_and_invoices(board: BoardUnderTest, rows: Rows) -> None:
    page = get_panel(board, "subscriptions", rows["whole"])
    for told in (
        "Customer Acme Plumbing",
        "Billing email books@acme.test",
        "Plan in force Scale",
        "Seats 3",
        "Active members 1",
        "Period end 2026-02-04 04:00 PST",
        "Trial end N/A",
        "Set to cancel No",
        "Grace period until 2026-01-22 04:00 PST",
        "Price ¥7,900 per seat and year",
        "For all seats ¥23,700 a year",
        "Included minutes 1,080",
        "Features 1 Call recording Calls",
        "Newest word of Stripe 2 hours ago",
    ):
        assert told in page.text, told
    assert "open ACME-0007 ¥23,700" in page.text


def test_the_panel_links_to_stripe_and_to_the_customer(board: BoardUnderTest, rows: Rows) -> None:
    links = get_panel(board, "subscriptions", rows["whole"]).links()
    stripe = "https://dashboard.stripe.com"
    for link in (
        f"{stripe}/customers/cus_Acme",
        f"{stripe}/subscriptions/sub_Acme",
        f"{stripe}/products/prod_growth",
        f"{stripe}/prices/price_growth",
    ):
        assert link in links
    kinds = {link.partition("?")[0] for link in links}
    assert {"/customers", "/billing/invoices", "/billing/usage", "/billing/payment-methods"} <= kinds


def test_a_viewer_meets_no_address(board: BoardUnderTest, rows: Rows) -> None:
    assert (
        "Billing email b•••@acme.test" in get_panel(board, "subscriptions", rows["whole"], Role.VIEWER).text
    )


def test_a_subscription_goes_by_its_stripe_id_too(program: Program, rows: Rows) -> None:
    record = program.get("/v1/admin/billing/subscriptions/sub_Acme").json()
    assert record["id"] == str(rows["whole"])
    assert record["plan"]["amount_cents"] == 7900
    assert program.get("/v1/admin/billing/subscriptions/sub_none").status_code == 404

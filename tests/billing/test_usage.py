"""Usage: minutes against the limit, overage in the currency that was paid in, rows that stand out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.permissions import Role
from tests.billing.asking import find_ids, find_items, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_plan, make_subscription, make_usage_period

Rows = dict[str, UUID]
MONTH = timedelta(days=30)


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    """Acme paid in euros until it changed to yen; Bare never had a subscription."""
    with board.rows() as session:
        acme = make_customer(session, "Acme Plumbing", stripe_customer_id="cus_Acme").id
        bare = make_customer(session, "Bare").id
        euro, yen = (
            make_plan(session, name=f"Scale ({code})", slug=f"scale-{code}", currency=code)
            for code in ("eur", "jpy")
        )
        make_subscription(
            session,
            organization_id=acme,
            plan_id=euro.id,
            status=SubscriptionStatus.CANCELED,
            created_at=START - 4 * MONTH,
        )
        make_subscription(session, organization_id=acme, plan_id=yen.id, created_at=START - MONTH)

        def make(payer: UUID, months: int, used: int, overage_cents: int = 0) -> UUID:
            start = START - months * MONTH
            return make_usage_period(
                session,
                organization_id=payer,
                period_start=start,
                period_end=start + MONTH,
                minutes_used=used,
                minutes_limit=500,
                overage_cents=overage_cents,
            ).id

        return {
            "yen": make(acme, 0, 612, 1120),
            "within": make(acme, 1, 500),
            "euro": make(acme, 3, 501, 10),
            "bare": make(bare, 6, 1234, 200),
        }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, rows: Rows) -> Program:
    return board.program()


def find(program: Program, rows: Rows, **parameters: Any) -> set[str]:
    names = {row_id: name for name, row_id in rows.items()}
    return {names[row_id] for row_id in find_ids(program, "usage", **parameters)}


def test_a_row_tells_period_minutes_and_overage(board: BoardUnderTest, rows: Rows) -> None:
    page = get(board, "usage")
    assert page.rows[0] == {
        "Customer": "Acme Plumbing",
        "Period": "2026-01-15 04:00 PST",
        "Until": "2026-02-14 04:00 PST",
        "Used (min)": "612",
        "Limit (min)": "500",
        "Overage": "¥1,120",
    }
    assert [row["Overage"] for row in page.rows] == ["¥1,120", "¥0", "€0.10", "$2.00"]


def test_rows_with_overage_stand_out(board: BoardUnderTest, rows: Rows) -> None:
    page = get(board, "usage")
    toned = {row.attributes["id"] for row in page.root.find_all("tr", class_="row-yellow")}
    assert toned == {f"row-{rows[name]}" for name in ("yen", "euro", "bare")}


@pytest.mark.usefixtures("probing")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"overage": "yes"}, {"yen", "euro", "bare"}),
        ({"overage": "no"}, {"within"}),
        ({"period_from": "2025-12-01"}, {"yen", "within"}),
        ({"period": "30d"}, {"yen"}),
        ({"period_to": "2025-10-31"}, {"euro", "bare"}),
        ({"customer": "bare"}, {"bare"}),
        ({"plan": "scale-jpy"}, {"yen", "within"}),
        ({"plan": ["scale-jpy", "scale-eur"], "overage": "yes"}, {"yen", "euro"}),
        ({"plan": "none"}, set()),
        ({"q": "cus_Acme", "overage": "yes"}, {"yen", "euro"}),
    ],
)
def test_filters_keep_what_they_name(
    parameters: dict[str, Any], found: set[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


def test_the_currency_is_in_the_api_too(program: Program) -> None:
    assert [item["currency"] for item in find_items(program, "usage")] == ["jpy", "jpy", "eur", "usd"]


def test_the_figures_count_what_matches(board: BoardUnderTest) -> None:
    assert get_figures(board, "usage") == {"Periods": "4", "Minutes used": "2,847", "With overage": "3"}
    assert get_figures(board, "usage?period_to=2020-01-01") == {
        "Periods": "0",
        "Minutes used": "0",
        "With overage": "0",
    }


def test_the_panel_tells_what_is_left_or_over(board: BoardUnderTest, rows: Rows) -> None:
    text = get_panel(board, "usage", rows["yen"]).text
    for told in ("Used 612 minutes", "Left 0 minutes", "Over the limit 112 minutes", "Overage ¥1,120"):
        assert told in text
    assert "Plan Scale (jpy)" in text
    within = get_panel(board, "usage", rows["within"]).text
    assert "Over the limit 0 minutes" in within
    assert "Plan N/A" in get_panel(board, "usage", rows["bare"]).text


def test_a_viewer_reads_it_masked(board: BoardUnderTest, rows: Rows) -> None:
    assert get(board, "usage", Role.VIEWER).rows[0]["Customer"] == "Acme Plumbing"

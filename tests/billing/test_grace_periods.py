"""Grace periods: from when until when, why, and that their end counts at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from adminboard.billing.event_models import GracePeriodStatus
from adminboard.billing.models import InvoiceStatus, SubscriptionStatus
from tests.billing.asking import find_ids, get, get_figures, get_panel, make_customer
from tests.clients import BoardUnderTest, Program
from tests.factories import START, make_grace_period, make_invoice, make_plan, make_subscription

Rows = dict[str, UUID]
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module", autouse=True)
def rows(board: BoardUnderTest) -> Rows:
    with board.rows() as session:
        acme = make_customer(session, "Acme Plumbing").id
        plan = make_plan(session, name="Scale", slug="scale")
        make_subscription(session, organization_id=acme, plan_id=plan.id, status=SubscriptionStatus.PAST_DUE)
        for number, status in (("ACME-0001", InvoiceStatus.PAID), ("ACME-0002", InvoiceStatus.OPEN)):
            make_invoice(session, organization_id=acme, number=number, status=status, amount_paid_cents=0)

        changed = make_customer(session, "Changed").id
        make_subscription(
            session,
            organization_id=changed,
            plan_id=make_plan(session, slug="starter").id,
            status=SubscriptionStatus.CANCELED,
            created_at=START - timedelta(days=60),
        )
        make_subscription(
            session, organization_id=changed, plan_id=plan.id, created_at=START - timedelta(days=9)
        )

        def make(days: int, ends_in: timedelta, **fields: Any) -> UUID:
            defaults = {
                "starts_at": START - timedelta(days=days),
                "ends_at": START + ends_in,
                "reason": "Payment of invoice ACME-0002 failed",
            }
            return make_grace_period(session, **(defaults | fields)).id

        return {
            "ends soon": make(5, 48 * HOUR, organization_id=acme),
            "ends later": make(6, 49 * HOUR),
            "is over": make(7, timedelta(0)),
            "lapsed": make(30, -500 * HOUR, status=GracePeriodStatus.LAPSED, organization_id=changed),
            "recovered": make(31, -600 * HOUR, status=GracePeriodStatus.RECOVERED),
            "closed": make(3, 5 * HOUR, status=GracePeriodStatus.CLOSED),
        }


@pytest.fixture(scope="module")
def program(board: BoardUnderTest, rows: Rows) -> Program:
    return board.program()


def find(program: Program, rows: Rows, **parameters: Any) -> set[str]:
    names = {row_id: name for name, row_id in rows.items()}
    return {names[row_id] for row_id in find_ids(program, "grace-periods", **parameters)}


def test_a_row_tells_from_when_until_when_and_why(board: BoardUnderTest) -> None:
    rows = get(
        board, "grace-periods?customer=Acme Plumbing&columns=starts_at&columns=ends_at&columns=reason"
    ).rows
    assert rows == [
        {
            "Customer": "Acme Plumbing",
            "From": "2026-01-10 04:00 PST",
            "Until": "2026-01-17 04:00 PST",
            "Reason": "Payment of invoice ACME-0002 failed",
        }
    ]


@pytest.mark.usefixtures("probing")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"plan": "scale"}, {"ends soon"}),
        ({"plan": "starter"}, {"lapsed"}),
        ({"plan": ["scale", "starter"], "status": "open"}, {"ends soon"}),
        ({"plan": "none"}, set()),
        ({"status": "open"}, {"ends soon", "ends later"}),
        ({"status": "lapsed"}, {"is over", "lapsed"}),
        ({"status": ["open", "lapsed"]}, {"ends soon", "ends later", "is over", "lapsed"}),
        ({"status": ["recovered", "closed"]}, {"recovered", "closed"}),
        ({"ending": "yes"}, {"ends soon"}),
        ({"ends": "next7d", "status": "open"}, {"ends soon", "ends later"}),
        ({"ends_from": "2026-01-17"}, {"ends soon", "ends later"}),
        ({"starts_to": "2025-12-31"}, {"lapsed", "recovered"}),
        ({"starts": "7d"}, {"ends soon", "ends later", "closed"}),
    ],
)
def test_filters_keep_what_they_name(
    parameters: dict[str, Any], found: set[str], program: Program, rows: Rows
) -> None:
    assert find(program, rows, **parameters) == found


def test_no_is_all_that_yes_is_not(program: Program, rows: Rows) -> None:
    yes, no = (find(program, rows, ending=word) for word in ("yes", "no"))
    assert yes | no == set(rows)
    assert not yes & no


def test_one_that_is_over_reads_as_lapsed(board: BoardUnderTest, rows: Rows) -> None:
    shown = {row_id: row["Status"] for row_id, row in _by_id(board).items()}
    assert shown[str(rows["is over"])] == "lapsed"
    assert "lapsed" in get_panel(board, "grace-periods", rows["is over"]).text


def _by_id(board: BoardUnderTest) -> dict[str, dict[str, str]]:
    page = get(board, "grace-periods")
    return dict(zip(page.row_ids, page.rows, strict=True))


def test_the_figures_count_what_matches(board: BoardUnderTest) -> None:
    assert get_figures(board, "grace-periods") == {
        "Open": "2",
        "Ending": "1 within 48 hours",
        "Recovered": "1",
        "Lapsed": "2",
    }


def test_the_panel_tells_what_is_unpaid(board: BoardUnderTest, rows: Rows) -> None:
    text = get_panel(board, "grace-periods", rows["ends soon"]).text
    assert "Ends 2 days from now" in text
    assert "Subscription Scale past due" in text
    assert "ACME-0002" in text
    assert "ACME-0001" not in text
    assert "None is open or uncollectible" in get_panel(board, "grace-periods", rows["lapsed"]).text

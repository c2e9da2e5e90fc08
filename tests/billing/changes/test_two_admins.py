"""Two admins act on one customer at the same moment: one wins, the other sees why; Stripe is asked once."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, sell
from tests.clients import BoardUnderTest, Browser
from tests.pages import Page

REASON = "Agreed with the customer"
REASONS = {"reason": REASON}
STALE = "What you confirmed no longer holds: "
LATE = {
    # what the second admin is told who confirms what the first has changed by then
    "customers.suspend": "has been suspended since",
    "billing.change_quantity": f"{STALE}Seats, Each month changed since the preview was made.",
    "billing.cancel": "is set to cancel on",
    "billing.pause": "Stripe collects nothing from",
    "billing.refund": f"{STALE}Refunded, Left to refund changed since the preview was made.",
}
UNDER_WAY = "it is not known yet what came of it"


@dataclass(frozen=True)
class Case:
    """A change, as two admins want it made: ``fields`` are what each of them fills in."""

    action: str
    fields: Callable[[Sold, int], Mapping[str, str]]
    asked: str = ""
    """How the call to Stripe begins, where there is one."""


def _by_customer(sold: Sold, **fields: str) -> Mapping[str, str]:
    return {"customer": str(sold.organization_id), **REASONS, **fields}


def _refund(sold: Sold, number: int) -> Mapping[str, str]:
    named = {"invoice": str(sold.invoice_id), "amount_cents": f"{50 + number}.00", "currency": "usd"}
    return {**named, "reason": "duplicate", "note": REASON}


CASES = [
    Case("customers.suspend", lambda sold, _: _by_customer(sold, acknowledged="goes_on_paying")),
    Case(
        "billing.change_quantity",
        lambda sold, number: _by_customer(sold, quantity=str(5 + number), charging="create_prorations"),
        "POST /v1/subscriptions/",
    ),
    Case("billing.cancel", lambda sold, _: _by_customer(sold, when="period_end"), "POST /v1/subscriptions/"),
    Case("billing.pause", lambda sold, _: _by_customer(sold, invoices="void"), "POST /v1/subscriptions/"),
    Case("billing.refund", _refund, "POST /v1/refunds"),
]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.action for case in CASES])


@pytest.fixture
def sold(standin: StandIn, board: BoardUnderTest) -> Sold:
    return sell(board)


def look(board: BoardUnderTest, case: Case, sold: Sold, number: int) -> tuple[Browser, Any]:
    """An admin of their own with the form of the preview they look at."""
    browser, base = board.new_browser(Role.BILLING), f"/actions/{case.action}"
    page = browser.submit(f"{base}/preview", case.fields(sold, number))
    assert page.status_code == 200, page.text
    form = {name: values[0] for name, values in Page(page.text).form(base).values.items()}
    return browser, {**form, **case.fields(sold, number)}


def confirm(case: Case, looking: tuple[Browser, Any]) -> Any:
    browser, form = looking
    return browser.post(f"/actions/{case.action}", data=form, follow_redirects=False)


def count_decisions(board: BoardUnderTest, case: Case, customer_id: UUID) -> int:
    with board.runtime.reading() as session:
        made = select(func.count()).where(
            AuditEntry.action == case.action, AuditEntry.customer_id == customer_id
        )
        return session.scalar(made) or 0


def asked_of_stripe(standin: StandIn, case: Case) -> list[str]:
    return [call for call in standin.calls if case.asked and call.startswith(case.asked)]


@each_case
def test_who_confirms_later_is_told_what_moved(
    board: BoardUnderTest, standin: StandIn, sold: Sold, case: Case
) -> None:
    first, second = (look(board, case, sold, number) for number in range(2))
    standin.calls.clear()
    assert confirm(case, first).status_code == 303
    late = confirm(case, second)
    assert late.status_code == 409
    assert LATE[case.action] in unescape(late.text)
    assert REASON in late.text, "what was typed stays"
    assert count_decisions(board, case, sold.organization_id) == 1
    assert len(asked_of_stripe(standin, case)) == bool(case.asked)


@each_case
def test_of_two_at_the_same_moment_one_wins(
    board: BoardUnderTest, standin: StandIn, sold: Sold, case: Case
) -> None:
    lookings = [look(board, case, sold, number) for number in range(2)]
    standin.calls.clear()
    barrier = Barrier(2)

    def at_once(looking: tuple[Browser, Any]) -> Any:
        barrier.wait()
        return confirm(case, looking)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(at_once, lookings), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [303, 409], [answer.text for answer in answers]
    told = unescape(answers[1].text)
    assert LATE[case.action] in told or UNDER_WAY in told or "changed since the preview" in told
    assert count_decisions(board, case, sold.organization_id) == 1
    assert len(asked_of_stripe(standin, case)) == bool(case.asked)

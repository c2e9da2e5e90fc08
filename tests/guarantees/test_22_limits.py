"""Guarantee 22: how often one admin may make the changes that Stripe or customers feel, in any minute.

The counts are in the database, so all replicas share them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adminboard.areas import AREAS
from adminboard.core.actions import Action
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, sell
from tests.clients import BoardUnderTest, Program
from tests.db.templates import Addresses
from tests.guarantees.served_board import ADMIN_KEY, ServedBoard
from tests.stand_in import API_KEY, WEBHOOK_SECRET, Served, open_board_on_stripe

ACTIONS: dict[str, Action[Any]] = {action.name: action for area in AREAS for action in area.actions}
PROMISED = {
    "billing.change_quantity": 10,
    "billing.cancel": 5,
    "billing.reactivate": 5,
    "billing.refund": 3,
    "customers.suspend": 5,
    "customers.activate": 5,
    "plans.sync": 10,
    "reconciliation.run": 10,
    "reconciliation.fix": 10,
    "reconciliation.fix_customer": 10,
    "webhooks.replay": 10,
    "webhooks.replay_failed": 10,
}
"""How often a minute. Those that are not built yet have to keep to it as soon as they are."""
TOGETHER = [("billing.cancel", "billing.reactivate"), ("customers.suspend", "customers.activate")]
REPLICAS = 2
_seats = count(11)


@pytest.fixture
def board(fresh_addresses: Addresses, standin: StandIn, served_standin: Served) -> Iterator[BoardUnderTest]:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        yield board


def refund(program: Program, sold: Sold) -> Any:
    body = {"amount_cents": 100, "currency": "usd", "reason": "duplicate", "note": "One of many small ones"}
    return program.post(sold.refunds, json=body, headers={"Idempotency-Key": uuid4().hex})


def change_seats(program: Program, sold: Sold) -> Any:
    body = {"quantity": next(_seats), "reason": "One more person again"}
    return program.post(f"{sold.subscription}/quantity", json=body)


def cancel_or_reactivate(program: Program, sold: Sold) -> Any:
    body = {"reason": "They do not know what they want"}
    answer = program.post(f"{sold.subscription}/cancellation", json=body)
    return (
        program.post(f"{sold.subscription}/reactivation", json=body) if answer.status_code == 409 else answer
    )


def suspend_or_activate(program: Program, sold: Sold) -> Any:
    body = {"reason": "They pay, and then they do not", "acknowledge": ["goes_on_paying"]}
    path = f"/v1/admin/customers/{sold.organization_id}/suspension"
    answer = program.post(path, json=body)
    if answer.status_code != 409:
        return answer
    return program.request("DELETE", path, json={"reason": body["reason"]})


def test_every_limit_that_was_promised_is_declared() -> None:
    declared = {name: action.limit.most for name, action in ACTIONS.items() if action.limit is not None}
    built = {name: most for name, most in PROMISED.items() if name in ACTIONS}
    assert declared.items() >= built.items()
    for one, other in TOGETHER:
        if one in ACTIONS:
            assert ACTIONS[one].limit == ACTIONS[other].limit


@pytest.mark.parametrize(
    ("change", "most"), [(refund, 3), (change_seats, 10), (cancel_or_reactivate, 5), (suspend_or_activate, 5)]
)
def test_one_more_in_a_minute_is_refused_and_changes_nothing(
    board: BoardUnderTest, standin: StandIn, change: Callable[[Program, Sold], Any], most: int
) -> None:
    sold, program = sell(board), board.program(role=Role.BILLING)
    statuses = [change(program, sold).status_code for _ in range(most)]
    assert set(statuses) <= {200, 201}, statuses
    standin.calls.clear()

    refused = change(program, sold)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_changes")
    assert refused.headers["Retry-After"] == "60"
    assert standin.calls == []
    assert change(board.program(role=Role.BILLING), sold).status_code in {200, 201}, "others are free"

    board.clock.advance(timedelta(seconds=60))
    assert change(program, sold).status_code in {200, 201}


def test_a_person_is_one_admin_on_pages_and_through_every_key(board: BoardUnderTest) -> None:
    sold, browser = sell(board), board.new_browser(Role.BILLING)
    assert browser.admin is not None
    keys = [board.program(owner=browser.admin) for _ in range(3)]
    assert [refund(key, sold).status_code for key in keys] == [201] * 3

    form = {"invoice": str(sold.invoice_id), "amount_cents": "1.00", "currency": "usd"}
    page = browser.submit(
        "/actions/billing.refund", form | {"reason": "duplicate", "note": "One of many small ones"}
    )

    assert page.status_code == 429
    assert "At most 3 refunds a minute" in page.text


def test_replicas_count_together(
    board: BoardUnderTest, fresh_addresses: Addresses, served_standin: Served
) -> None:
    """Twelve cancellations at once, through two processes: five are made."""
    sold = [sell(board) for _ in range(12)]
    environment = {
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": served_standin.url,
    }
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(ServedBoard(fresh_addresses.app_url, **environment)) for _ in range(REPLICAS)
        ]

        def cancel(number: int) -> httpx.Response:
            return httpx.post(
                f"{replicas[number % REPLICAS].url}{sold[number].subscription}/cancellation",
                headers={"X-Admin-Key": ADMIN_KEY},
                json={"reason": "The practice moves to another town"},
                timeout=30,
            )

        with ThreadPoolExecutor(len(sold)) as pool:
            answers = list(pool.map(cancel, range(len(sold))))

    assert Counter(answer.status_code for answer in answers) == {200: 5, 429: 7}
    assert all(1 <= int(one.headers["Retry-After"]) <= 60 for one in answers if one.status_code == 429)

"""Never a double refund, never an unaccounted one: whatever Stripe answers, and wherever the board dies.

At the end of each test Stripe has given back exactly once what was decided, or exactly nothing where that
was told, and invoice, refunds, billing events and audit log say the same.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from adminboard.app import make_operation_runner
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice, Refund
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.operations import STAYS_FOR
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, operations_on, sell
from tests.clients import BoardUnderTest, Program
from tests.db.templates import Addresses
from tests.guarantees.killed_refund import AMOUNT_CENTS, STEPS
from tests.stand_in import API_KEY, WEBHOOK_SECRET, Control, Served, open_board_on_stripe

ROOT = Path(__file__).parents[2]
BODY = {
    "amount_cents": AMOUNT_CENTS,
    "currency": "usd",
    "reason": "duplicate",
    "note": "Cancelled within the trial",
}
BAD_ANSWERS = [
    "rate_limit",
    "conflict",
    "server_error",
    "server_error_after",
    "reset",
    "reset_after",
    "timeout",
    "timeout_after",
]


@dataclass
class Desk:
    """A board that speaks to the stand-in, its worker, and one hand on the clocks of both."""

    board: BoardUnderTest
    control: Control
    standin: StandIn

    def sell(self) -> Sold:
        return sell(self.board)

    def ask(self, sold: Sold, program: Program | None = None, *, key: str = "once", **fields: Any) -> Any:
        program = program or self.board.program(role=Role.BILLING)
        return program.post(sold.refunds, json=BODY | fields, headers={"Idempotency-Key": key})

    def work_for(self, time: timedelta, *, step: timedelta = timedelta(minutes=30)) -> None:
        """Lets time pass on both sides, with a worker that makes what is due."""
        executor = make_operation_runner(self.board.runtime)
        end = self.board.clock.now() + time
        while self.board.clock.now() < end:
            self.board.clock.advance(step)
            self.control("clock", days=step / timedelta(days=1))
            executor.run_due()

    def given_back(self, sold: Sold) -> list[int]:
        """What Stripe has given back of the invoice."""
        [paid] = self.standin.account.invoice_payments.of("invoice", sold.stripe_invoice_id)
        return [
            one.amount for one in self.standin.account.refunds if one.payment_intent == paid.payment_intent
        ]

    def accounts(self, sold: Sold) -> dict[str, list[int]]:
        """The same as every place on the board tells it."""
        with self.board.runtime.reading() as session:
            invoice = session.get_one(Invoice, sold.invoice_id)
            rows = select(Refund.amount_cents).where(Refund.invoice_id == sold.invoice_id)
            events = select(BillingEvent.amount_cents).where(
                BillingEvent.stripe_invoice_id == sold.stripe_invoice_id,
                BillingEvent.event_type == "billing.refund",
            )
            done = select(func.count()).where(
                AuditEntry.action == "stripe.refund.done", AuditEntry.target_id == str(sold.invoice_id)
            )
            entries = session.scalar(done) or 0
            return {
                "invoice": [invoice.amount_refunded_cents] if invoice.amount_refunded_cents else [],
                "refunds": list(session.scalars(rows)),
                "events": [cents for cents in session.scalars(events) if cents is not None],
                "audit log": [AMOUNT_CENTS] * entries,
            }

    def require_accounted(self, sold: Sold, *amounts: int) -> None:
        assert self.given_back(sold) == list(amounts)
        accounts = self.accounts(sold)
        assert accounts == {name: list(amounts) for name in accounts}
        assert {one.status for one in operations_on(self.board, sold.invoice_id)} <= {
            OperationStatus.DONE,
            OperationStatus.REFUSED,
        }


@pytest.fixture
def desk(
    fresh_addresses: Addresses, served_standin: Served, standin: StandIn, control: Control
) -> Iterator[Desk]:
    with open_board_on_stripe(fresh_addresses, served_standin, read_seconds=0.3) as board:
        yield Desk(board, control, standin)


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_whatever_stripe_answers_the_money_is_given_back_once(desk: Desk, kind: str) -> None:
    sold = desk.sell()
    desk.control("fault", kind=kind, path="/v1/refunds", method="POST", seconds=5)

    answer = desk.ask(sold)
    assert answer.status_code == 202, answer.text
    assert answer.json()["operation"]["status"] in {"pending", "unknown"}
    desk.work_for(timedelta(hours=2))

    desk.require_accounted(sold, AMOUNT_CENTS)


@pytest.mark.parametrize("kind", BAD_ANSWERS)
def test_a_whole_bad_day_of_it_changes_nothing_about_that(desk: Desk, kind: str) -> None:
    """Each attempt goes wrong once more, also those that only look."""
    sold = desk.sell()
    desk.control("fault", kind=kind, path="/v1/refunds", times=4, seconds=1)

    desk.ask(sold)
    desk.work_for(timedelta(hours=5))

    desk.require_accounted(sold, AMOUNT_CENTS)


def test_an_outage_of_25_hours_after_the_effect_is_settled_by_looking(desk: Desk) -> None:
    sold = desk.sell()
    desk.control("fault", kind="timeout_after", path="/v1/refunds", method="POST")
    assert desk.ask(sold).json()["operation"]["status"] == "unknown"
    desk.control("down")
    desk.work_for(timedelta(hours=25))
    assert desk.accounts(sold)["refunds"] == []

    desk.control("up")
    desk.work_for(timedelta(hours=2))

    desk.require_accounted(sold, AMOUNT_CENTS)


def test_an_outage_of_25_hours_before_the_effect_ends_in_nothing_given_back_and_says_so(desk: Desk) -> None:
    """A refund that nobody expects any more is not made a day late; it can be decided anew."""
    sold = desk.sell()
    desk.control("fault", kind="reset", path="/v1/refunds", method="POST")
    assert desk.ask(sold).json()["operation"]["status"] == "unknown"
    desk.control("down")
    desk.work_for(timedelta(hours=25))
    desk.control("up")
    desk.work_for(timedelta(hours=2))

    desk.require_accounted(sold)
    [refused] = operations_on(desk.board, sold.invoice_id)
    assert refused.error == "There is no trace of it over there, so it was not done. Make the change again."

    assert desk.ask(sold, key="again").status_code == 201
    desk.require_accounted(sold, AMOUNT_CENTS)


def test_nobody_pays_twice_out_of_an_unknown_state(desk: Desk) -> None:
    """Whoever asks again, with the same key or another, for all of it or through another admin."""
    sold = desk.sell()
    program, other = desk.board.program(role=Role.BILLING), desk.board.program(role=Role.BILLING)
    desk.control("fault", kind="timeout_after", path="/v1/refunds", method="POST")
    first = desk.ask(sold, program, amount_cents=sold.paid_cents)

    same_key = desk.ask(sold, program, amount_cents=sold.paid_cents)
    new_key = desk.ask(sold, program, key="another", amount_cents=sold.paid_cents)
    other_admin = desk.ask(sold, other, key="another", amount_cents=sold.paid_cents)

    assert (first.status_code, same_key.status_code) == (202, 202)
    assert same_key.json()["operation"]["href"] == first.json()["operation"]["href"]
    assert [answer.json()["code"] for answer in (new_key, other_admin)] == ["nothing_to_refund"] * 2
    assert "is on its way" in new_key.json()["detail"]

    retried = program.post(f"{first.json()['operation']['href']}/attempts", json={})
    assert retried.status_code in {200, 202}, retried.text
    desk.work_for(timedelta(hours=1))
    assert desk.given_back(sold) == [sold.paid_cents]
    assert desk.accounts(sold)["refunds"] == [sold.paid_cents]
    assert desk.ask(sold, other, key="at last", amount_cents=1).json()["code"] == "nothing_to_refund"


def test_a_crowd_that_refunds_all_of_it_at_once_gives_it_back_once(desk: Desk) -> None:
    sold = desk.sell()
    programs = [desk.board.program(role=Role.BILLING) for _ in range(8)]

    def ask(program: Program) -> int:
        answer = desk.ask(sold, program, amount_cents=sold.paid_cents)
        return int(answer.status_code)

    with ThreadPoolExecutor(len(programs)) as pool:
        statuses = list(pool.map(ask, programs))

    assert sorted(statuses) == [201] + [409] * 7
    assert desk.given_back(sold) == [sold.paid_cents]


def test_a_board_that_is_killed_at_any_step_gives_back_once_what_was_decided(
    desk: Desk, fresh_addresses: Addresses, served_standin: Served
) -> None:
    sold = {step: desk.sell() for step in STEPS}
    kill_at_each_step(fresh_addresses, served_standin, [sale.invoice_id for sale in sold.values()])
    gave_back = {step for step, sale in sold.items() if desk.given_back(sale)}
    assert gave_back == {"answered", "settling", "settled"}

    desk.board.clock.set(datetime.now(UTC) + STAYS_FOR + timedelta(seconds=30))
    make_operation_runner(desk.board.runtime).run_due()

    undecided = sold.pop("deciding")
    desk.require_accounted(undecided)
    assert operations_on(desk.board, undecided.invoice_id) == []
    for sale in sold.values():
        desk.require_accounted(sale, AMOUNT_CENTS)
    with desk.board.runtime.reading() as session:
        decided = select(func.count()).where(AuditEntry.action == "billing.refund")
        assert session.scalar(decided) == len(sold)
        assert session.scalar(select(func.count()).select_from(Operation)) == len(sold)


def kill_at_each_step(addresses: Addresses, served: Served, invoices: list[UUID]) -> None:
    environment = {
        **os.environ,
        "APP_ENV": "test",
        "DATABASE_URL": addresses.app_url,
        "SECRET_KEY": "s" * 32,
        "STRIPE_API_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": served.url,
    }
    command = [sys.executable, "-m", "tests.guarantees.killed_refund", *map(str, invoices)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)

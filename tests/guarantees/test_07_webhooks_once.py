"""Webhooks have exactly one effect each, in any order, however often they come and wherever the board dies.

What comes unsigned has none.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select, text

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.models import Subscription
from adminboard.core.audit_models import AuditEntry
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.applying import EventApplier
from adminboard.webhooks.jobs import apply_due_events
from adminboard.webhooks.outcomes import PAUSES
from adminboard.webhooks.taking import LEASE
from tests.clients import SECRET_KEY, BoardUnderTest
from tests.db.templates import Addresses
from tests.guarantees.killed_webhook import APPLIED_ALONE, ASKED, CLAIMED, COMMITTED, KEPT, STEPS
from tests.stand_in import Control, Served, open_board_on_stripe
from tests.stripe.making import Maker
from tests.web.problems import read_problem
from tests.webhooks.kinds.final_rows import Rows, final_rows
from tests.webhooks.sending import PATH, make_event, send_event, sign_now
from tests.webhooks.telling import get_kept, list_sent, make_maker, send_all, subscribe

ROOT = Path(__file__).parents[2]
COPIES = 3
CREATED = "customer.subscription.created"
LIFE = (
    CREATED,
    "customer.subscription.updated",
    "invoice.payment_failed",
    "invoice.paid",
    "customer.subscription.deleted",
)
FORGOTTEN = ("grace_periods", "invoices", "subscriptions", "payment_methods", "billing_events")


@pytest.fixture
def board(fresh_addresses: Addresses, served_standin: Served, standin: StandIn) -> Iterator[BoardUnderTest]:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        yield board


@pytest.fixture
def maker(served_standin: Served, standin: StandIn) -> Maker:
    return make_maker(served_standin)


def live(board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control) -> list[dict[str, Any]]:
    """A customer subscribes, adds seats, does not pay, pays, and leaves; the last event of each type."""
    made = subscribe(board, maker)
    control("clock", days=1)
    maker.client.v1.subscriptions.update(
        made.id, {"items": [{"id": made.items.data[0].id, "quantity": 5}], "proration_behavior": "none"}
    )
    quantity_changed = list_sent(standin, "customer.subscription.updated")[-1]
    control("clock", days=1)
    method = maker.client.v1.customers.retrieve(str(made.customer)).invoice_settings.default_payment_method  # type: ignore[union-attr]  # it has one
    control("decline", payment_method=str(method), decline_code="insufficient_funds")
    control("renew", subscription=made.id)
    invoice = maker.client.v1.subscriptions.retrieve(made.id).latest_invoice
    control("clock", days=1)
    control("pay", invoice=str(invoice))
    control("clock", days=1)
    maker.client.v1.subscriptions.cancel(made.id)
    last = {event["type"]: event for event in list_sent(standin, *LIFE)}
    return [last[kind] for kind in LIFE if kind != quantity_changed["type"]] + [quantity_changed]


def forget_everything(board: BoardUnderTest) -> None:
    with board.rows() as session:
        for table in FORGOTTEN:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - the names above


def settle(board: BoardUnderTest) -> None:
    """Applies what is due, and what failed because something else had not come yet."""
    for pause in PAUSES:
        apply_due_events(board.runtime)
        with board.rows() as session:
            open_ones = select(func.count()).where(BillingEvent.next_attempt_at.is_not(None))
            if not session.scalar(open_ones):
                return
        board.clock.advance(pause)
    raise AssertionError("some events were not applied")


def see(board: BoardUnderTest) -> Rows:
    with board.rows() as session:
        return final_rows(session)


def orders_of(events: list[dict[str, Any]], step: int) -> list[tuple[dict[str, Any], ...]]:
    """All orders of these events, or every so manieth."""
    return list(permutations(sorted(events, key=lambda event: event["created"])))[::step]


ORDERS = pytest.mark.parametrize(
    "step", [pytest.param(7, id="every seventh"), pytest.param(1, id="all", marks=pytest.mark.soak)]
)
"""All of them take half a minute for each test: `make soak` does that."""


@ORDERS
def test_orders_of_five_events_and_their_copies_end_in_the_same_rows(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control, step: int
) -> None:
    events = live(board, maker, standin, control)
    assert sorted(event["type"] for event in events) == sorted(LIFE)
    began, chance, expected = board.clock.now(), Random(7), None  # noqa: S311 - chosen, not guessed
    for order in orders_of(events, step):
        forget_everything(board)
        for event in order:
            send_all(board, [event])
            apply_due_events(board.runtime)
        copies = list(order) * (COPIES - 1)
        chance.shuffle(copies)
        with ThreadPoolExecutor(len(copies)) as pool:
            list(pool.map(lambda copy: send_all(board, [copy]), copies))
        settle(board)
        rows = see(board)
        if expected is None:
            expected = rows
            assert [row["status"] for row in rows["subscriptions"]] == ["canceled"]
            assert [row["quantity"] for row in rows["subscriptions"]] == [5]
            assert [row["status"] for row in rows["invoices"]] == ["paid"]
        assert rows == expected, [event["type"] for event in order]
        board.clock.set(began)


@ORDERS
def test_orders_of_five_events_that_are_applied_together_end_in_the_same_rows(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control, step: int
) -> None:
    """As a burst: all are there, each twice, when the worker looks."""
    events = live(board, maker, standin, control)
    began, expected = board.clock.now(), None
    for order in orders_of(events, step):
        forget_everything(board)
        for event in (*order, *reversed(order)):
            send_all(board, [event])
            board.clock.advance(timedelta(microseconds=1))
        assert EventApplier(board.runtime).apply_next() == len(order)
        settle(board)
        expected = expected or see(board)
        assert see(board) == expected, [event["type"] for event in order]
        board.clock.set(began)
    assert [row["status"] for row in (expected or {})["subscriptions"]] == ["canceled"]


@pytest.fixture
def killer(fresh_addresses: Addresses, served_standin: Served) -> Iterator[Any]:
    """Has the board die at a step of an event; returns when it is dead."""
    environment = {
        **os.environ,
        "APP_ENV": "test",
        "DATABASE_URL": fresh_addresses.app_url,
        "SECRET_KEY": SECRET_KEY,
        **served_standin.environment,
    }
    command = [sys.executable, "-m", "tests.guarantees.killed_webhook"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def kill(step: str, at: str, event: dict[str, Any]) -> None:
            order = json.dumps({"step": step, "at": at, "body": json.dumps(event)})
            process.stdin.write(f"{order}\n")  # type: ignore[union-attr]  # seen above
            process.stdin.flush()  # type: ignore[union-attr]  # the same
            assert process.stdout.readline() == "killed\n", step  # type: ignore[union-attr]  # the same

        yield kill
        process.stdin.close()


def count_effects(board: BoardUnderTest, event: dict[str, Any]) -> int:
    """How often the log says that the event was applied."""
    with board.rows() as session:
        kept = select(BillingEvent.id).where(BillingEvent.stripe_event_id == event["id"])
        event_id = session.scalars(kept).one()
        entries = select(func.count()).where(
            AuditEntry.action == "webhooks.apply", AuditEntry.target_id == str(event_id)
        )
        return session.scalar(entries) or 0


def count_subscriptions(board: BoardUnderTest) -> int:
    with board.rows() as session:
        return session.scalar(select(func.count()).select_from(Subscription)) or 0


def test_wherever_the_board_is_killed_the_effect_is_there_once(
    board: BoardUnderTest, maker: Maker, standin: StandIn, killer: Any
) -> None:
    for number, step in enumerate(STEPS):
        subscribe(board, maker)
        event = list_sent(standin, CREATED)[-1]
        if step in (CLAIMED, ASKED, APPLIED_ALONE):
            event["api_version"] = "2020-08-27"
        if step != KEPT:
            send_all(board, [event])

        killer(step, board.clock.now().isoformat(), event)

        was_applied = step == COMMITTED
        assert count_effects(board, event) == was_applied, step
        assert count_subscriptions(board) == number + was_applied, step
        send_all(board, [event])  # Stripe was not answered, or sends a copy anyway
        board.clock.advance(LEASE)
        apply_due_events(board.runtime)
        assert get_kept(board, event).processing_status is ProcessingStatus.PROCESSED, step
        assert count_effects(board, event) == 1, step
        assert count_subscriptions(board) == number + 1, step


def test_several_workers_at_once_apply_each_event_once(
    board: BoardUnderTest, maker: Maker, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small batches of events of the same customers, in different orders: nobody waits in a circle."""
    monkeypatch.setattr("adminboard.webhooks.applying.MOST_AT_ONCE", 3)
    made = [subscribe(board, maker) for _ in range(4)]
    for seats in range(2, 6):
        for subscription in made if seats % 2 else made[::-1]:
            item = subscription.items.data[0].id
            maker.client.v1.subscriptions.update(
                subscription.id, {"items": [{"id": item, "quantity": seats}]}
            )
    events = list_sent(standin, CREATED, "customer.subscription.updated", "invoice.paid", "customer.updated")
    send_all(board, events)

    def work(_: int) -> None:
        while EventApplier(board.runtime).apply_next():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    settle(board)
    assert {get_kept(board, event).processing_status for event in events} == {ProcessingStatus.PROCESSED}
    assert {count_effects(board, event) for event in events} == {1}
    with board.rows() as session:
        assert session.scalars(select(Subscription.quantity)).all() == [5] * 4


@pytest.mark.parametrize("secret", [None, "", "whsec_somebody_elses"])
def test_what_stripe_did_not_sign_has_no_effect(secret: str | None, board: BoardUnderTest) -> None:
    body = json.dumps(make_event(CREATED)).encode()
    headers = {} if secret is None else sign_now(body, secret=secret)
    read_problem(board.program_with(headers).post(PATH, content=body), 400, "bad_signature")
    with board.rows() as session:
        assert session.scalar(select(func.count()).select_from(BillingEvent)) == 0


def test_an_acknowledged_event_is_committed(board: BoardUnderTest) -> None:
    """Whoever gets a 200 finds the row from another connection."""
    events = [make_event() for _ in range(30)]

    def send(event: dict[str, Any]) -> bool:
        return send_event(board, event).status_code == 200 and get_kept(board, event) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, events))

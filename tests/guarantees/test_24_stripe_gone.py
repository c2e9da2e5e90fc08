"""Stripe is gone: what does not need it works, what needs it says so, and is done once Stripe is back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adminboard.app import make_operation_runner
from adminboard.billing.event_models import ProcessingStatus
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from tests.billing.sold import Sold, operations_on, sell
from tests.clients import BoardUnderTest
from tests.db.templates import Addresses
from tests.factories import make_user
from tests.guarantees.routes import pages_that_show
from tests.stand_in import Control, Served, open_board_on_stripe
from tests.webhooks.sending import send_event
from tests.webhooks.telling import get_kept, list_sent

OLD_VERSION = "2020-08-27"
REASON = "Goodwill for the outage"


@pytest.fixture
def board(fresh_addresses: Addresses, served_standin: Served, standin: StandIn) -> Iterator[BoardUnderTest]:
    with open_board_on_stripe(fresh_addresses, served_standin) as board:
        yield board


@pytest.fixture
def sold(board: BoardUnderTest, control: Control) -> Iterator[Sold]:
    """A customer who has paid; Stripe goes away right after."""
    sold = sell(board)
    control("down")
    yield sold
    control("up")


def test_every_page_answers_as_before(board: BoardUnderTest, sold: Sold, control: Control) -> None:
    browser = board.browser(Role.ADMIN)
    without = {address: browser.get(address).status_code for address in pages_that_show(board)}
    control("up")
    differing = {address for address, status in without.items() if browser.get(address).status_code != status}
    assert len(without) > 50
    assert {without[address] for address in differing} <= {503}
    assert all(address.startswith("/actions/") for address in differing), differing


def test_credits_are_adjusted(board: BoardUnderTest, sold: Sold) -> None:
    with board.rows() as session:
        user = make_user(session)
    path, body = f"/v1/admin/users/{user.id}/credit-adjustments", {"amount": "20.00", "reason": REASON}
    answer = board.program().post(path, json=body, headers={"Idempotency-Key": "without Stripe"})
    assert answer.status_code == 201, answer.text


def test_a_refund_is_refused_with_a_sentence_and_leaves_nothing(board: BoardUnderTest, sold: Sold) -> None:
    body = {"amount_cents": 100, "currency": "usd", "reason": "duplicate", "note": REASON}
    program = board.program()
    answer = program.post(sold.refunds, json=body, headers={"Idempotency-Key": "refund"})
    assert (answer.status_code, answer.json()["code"]) == (503, "stripe_unavailable")
    assert "Stripe" in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert operations_on(board, sold.invoice_id) == []


def test_a_cancellation_waits_and_is_made_once_when_stripe_is_back(
    board: BoardUnderTest, sold: Sold, control: Control, standin: StandIn
) -> None:
    answer = board.program().post(f"{sold.subscription}/cancellation", json={"reason": REASON})
    assert (answer.status_code, answer.json()["operation"]["status"]) == (202, "unknown"), "it broke off"
    control("up")
    for _ in range(2):
        board.clock.advance(timedelta(hours=1))
        make_operation_runner(board.runtime).run_due()
    [operation] = operations_on(board, sold.subscription_id)
    assert operation.status.value == "done"
    found = standin.account.subscriptions.find(sold.stripe.id)
    assert found is not None
    assert found.cancel_at_period_end


def test_events_are_kept_and_applied_but_for_those_that_stripe_must_be_asked_about(
    board: BoardUnderTest, sold: Sold, control: Control, standin: StandIn
) -> None:
    [event] = list_sent(standin, "customer.subscription.created")
    old = event | {"id": "evt_old", "api_version": OLD_VERSION}
    for sent in (event, old):
        assert send_event(board, sent).status_code == 200
    apply_due_events(board.runtime)
    assert get_kept(board, event).processing_status is ProcessingStatus.PROCESSED
    waiting = get_kept(board, old)
    assert (waiting.processing_status, waiting.attempts) == (ProcessingStatus.RECEIVED, 0)

    control("up")
    board.clock.advance(timedelta(hours=1))
    apply_due_events(board.runtime)
    assert get_kept(board, old).processing_status is ProcessingStatus.PROCESSED

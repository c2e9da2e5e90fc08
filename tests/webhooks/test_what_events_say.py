"""What the row of an event says that happened: as the event told it, however often and late it is applied."""

from typing import Any

import pytest
from sqlalchemy import select, update

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.models import Subscription
from adminboard.core.permissions import Permission, Role
from adminboard.stripe.fake import records
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from tests.clients import BoardUnderTest
from tests.pages import Page
from tests.stand_in import Control
from tests.stripe.making import Maker, item_of
from tests.webhooks.telling import get_kept, know, list_facts, list_sent, sell, send_all, subscribe

CREATED, UPDATED = "customer.subscription.created", "customer.subscription.updated"
ADDRESS = "/v1/admin/billing/webhook/replay"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


def replay(board: BoardUnderTest, event: dict[str, Any]) -> None:
    answer = board.program(Permission.WEBHOOKS_REPLAY).post(ADDRESS, json={"event_id": event["id"]})
    assert [one["status"] for one in answer.json()["result"]["events"]] == ["processed"]


def is_over(board: BoardUnderTest) -> bool:
    with board.rows() as session:
        return session.scalars(select(Subscription.status)).one() == "canceled"


def stood(board: BoardUnderTest, **fields: Any) -> None:
    """Where the rows of all events stand."""
    with board.rows() as session:
        session.execute(update(BillingEvent).values(**fields))


def test_what_a_processed_event_says_stays_when_it_is_replayed_after_the_end(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    """It began as active, whatever became of it since: so the past is told from its row as before."""
    made = subscribe(board, maker, seats=3)
    item_id = item_of(made).id
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_id, "quantity": 5}]})
    events = list_sent(standin, CREATED, UPDATED)
    send_all(board, events)
    apply_due_events(board.runtime)
    told = [list_facts(board, event) for event in events]
    assert [(one["previous_quantity"], one["quantity"]) for one in told] == [(None, 3), (3, 5)]
    control("clock", days=1)
    maker.client.v1.subscriptions.cancel(made.id)

    for event in events:
        replay(board, event)

    assert is_over(board)
    assert [list_facts(board, event) for event in events] == told
    stood(board, processing_status=ProcessingStatus.FAILED)
    replay(board, events[0])
    assert list_facts(board, events[0]) == told[0], "also where a replay of it has failed meanwhile"


def test_a_replay_changes_not_even_what_the_event_left_open(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    """The end by the replay is no change that the event told of."""
    made = subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    stood(board, status=None)
    control("clock", days=1)
    maker.client.v1.subscriptions.cancel(made.id)
    replay(board, event)
    assert is_over(board)
    assert list_facts(board, event)["status"] is None


def test_one_that_is_applied_late_says_what_it_was_sent_with(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    """It failed, since nobody had linked the customer, until the subscription had ended."""
    price, customer = maker.price(), maker.customer()
    sell(board, price)
    made = maker.subscription(customer, price, seats=3)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    know(board, customer)
    control("clock", days=1)
    maker.client.v1.subscriptions.cancel(made.id)
    replay(board, event)
    assert is_over(board)
    told = list_facts(board, event)
    assert (told["previous_status"], told["status"]) == (None, "active")
    assert (told["previous_quantity"], told["quantity"]) == (None, 3)


def test_one_that_was_ignored_tells_what_it_never_did(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    """Its type meant nothing to the board when it came, and does now."""
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    now = board.clock.now()
    stood(board, next_attempt_at=None, processing_status=ProcessingStatus.IGNORED, processed_at=now)
    replay(board, event)
    assert list_facts(board, event)["status"] == "active"


def look(board: BoardUnderTest, event: dict[str, Any]) -> tuple[str, str]:
    """What the event's line in the timeline and its panel say."""
    kept = get_kept(board, event)
    browser = board.browser(Role.ADMIN)
    timeline = Page(browser.get(f"/customers/{kept.organization_id}/timeline?kind=event").text)
    [line] = timeline.root.find_all("li", id=f"line-event-{kept.id}")
    return line.text, Page(browser.get(f"/webhooks?selected={kept.id}").text).text


def test_a_change_of_status_is_no_change_of_seats(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    made = subscribe(board, maker, seats=5)
    record = standin.account.get(records.Subscription, made.id)
    with standin.account.changing(record, UPDATED):
        record.status = "past_due"
    created, updated = list_sent(standin, CREATED, UPDATED)
    send_all(board, [created, updated])
    apply_due_events(board.runtime)
    line, panel = look(board, updated)
    assert "active becomes past due" in line
    assert "seats" not in line
    assert "Status of the object active becomes past due" in panel
    assert "Seats 5 " in panel
    line, panel = look(board, created)
    assert "active" in line
    assert "becomes" not in line
    assert "Status of the object active Seats 5 " in panel


def test_a_change_that_the_board_made_itself_is_told_by_stripe_with_what_was_before(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    """The row shows it already when the event comes."""
    made = subscribe(board, maker, seats=2)
    send_all(board, list_sent(standin, CREATED))
    apply_due_events(board.runtime)
    control("clock", days=1)
    item_id = item_of(made).id
    maker.client.v1.subscriptions.update(made.id, {"items": [{"id": item_id, "quantity": 4}]})
    with board.rows() as session:
        session.execute(update(Subscription).values(quantity=4))
    [event] = list_sent(standin, UPDATED)
    send_all(board, [event])
    apply_due_events(board.runtime)
    line, panel = look(board, event)
    assert "2 seats becomes 4 seats" in line
    assert "Seats 2 becomes 4 " in panel

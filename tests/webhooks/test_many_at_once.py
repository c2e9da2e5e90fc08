"""Many events are applied in one transaction, by a few statements, and each as if it were alone."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Subscription
from adminboard.core.audit_models import AuditEntry
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.applying import EventApplier
from tests.clients import BoardUnderTest, recorded_queries
from tests.stripe.making import Maker
from tests.webhooks.telling import get_kept, list_sent, send_all, subscribe

CREATED, UPDATED = "customer.subscription.created", "customer.subscription.updated"
Told = dict[str, Any]


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


@pytest.fixture
def known(board: BoardUnderTest, maker: Maker, standin: StandIn) -> list[Told]:
    """What Stripe told of five customers' new subscriptions, which is applied."""
    for _ in range(5):
        subscribe(board, maker)
    events = list_sent(standin, CREATED)
    tell(board, events)
    return events


def tell(board: BoardUnderTest, events: Sequence[Told]) -> list[str]:
    """Sends them in this order and has them applied together; returns the statements of that."""
    for event in events:
        send_all(board, [event])
        board.clock.advance(timedelta(microseconds=1))
    with recorded_queries(board.runtime.database.engine) as statements:
        assert EventApplier(board.runtime).apply_next() == len(events)
    return statements


def later(event: Told, seconds: int, **changed: Any) -> Told:
    """The same subscription so many seconds later, changed so."""
    told = deepcopy(event)
    told |= {"id": f"{event['id']}_{seconds}_{len(changed)}", "type": UPDATED}
    told["created"] += seconds
    if "quantity" in changed:
        told["data"]["object"]["items"]["data"][0]["quantity"] = changed["quantity"]
    told["data"]["object"] |= changed
    return told


def quantities(board: BoardUnderTest, events: Sequence[Told]) -> list[int]:
    ids = [event["data"]["object"]["id"] for event in events]
    with board.rows() as session:
        rows = session.execute(select(Subscription.stripe_subscription_id, Subscription.quantity)).all()
    found: dict[str | None, int] = dict(rows)
    return [found[stripe_id] for stripe_id in ids]


def statuses(board: BoardUnderTest, events: Sequence[Told]) -> list[str]:
    return [str(get_kept(board, event).processing_status) for event in events]


def entries_of(board: BoardUnderTest, event: Told) -> list[tuple[Any, Any]]:
    """What the audit log says that the event has changed."""
    with board.rows() as session:
        kept = select(BillingEvent.id).where(BillingEvent.stripe_event_id == event["id"])
        entries = select(AuditEntry.before, AuditEntry.after).where(
            AuditEntry.action == "webhooks.apply", AuditEntry.target_id == str(session.scalar(kept))
        )
        return [(row.before, row.after) for row in session.execute(entries)]


def test_more_events_take_no_more_statements(board: BoardUnderTest, known: list[Told]) -> None:
    one = tell(board, [later(known[0], 1, quantity=7)])
    many = tell(board, [later(event, turn, quantity=7 + turn) for event in known for turn in range(2, 8)])
    assert len(many) == len(one), many
    assert quantities(board, known) == [14] * 5
    assert len(many) <= 12


def test_events_of_one_object_each_tell_what_they_changed(board: BoardUnderTest, known: list[Told]) -> None:
    first, second, third = (later(known[0], turn, quantity=turn) for turn in (10, 20, 30))
    tell(board, [first, third, second])
    assert quantities(board, known[:1]) == [30]
    assert entries_of(board, first) == [({"quantity": 3}, {"quantity": 10})]
    assert entries_of(board, third) == [({"quantity": 10}, {"quantity": 30})]
    assert entries_of(board, second) == [({}, {})]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"quantity": 3_000_000_000}, "The database refused", id="database"),
        pytest.param({"items": {"data": []}}, "No plan has the price", id="rule"),
        pytest.param({"created": "yesterday"}, "not of the form", id="form"),
    ],
)
def test_one_that_cannot_be_applied_leaves_the_others_alone(
    board: BoardUnderTest, known: list[Told], changed: Told, why: str
) -> None:
    events = [later(event, 10, quantity=20 + turn) for turn, event in enumerate(known)]
    events[2] = later(known[2], 10, **changed)
    tell(board, events)
    assert quantities(board, known) == [20, 21, 3, 23, 24]
    assert statuses(board, events) == ["processed", "processed", "failed", "processed", "processed"]
    failed = get_kept(board, events[2])
    assert (failed.attempts, entries_of(board, events[2])) == (1, [])
    assert why in str(failed.last_error)
    others = [*events[:2], *events[3:]]
    assert [entries_of(board, event) for event in others] == [
        [({"quantity": 3}, {"quantity": seats})] for seats in (20, 21, 23, 24)
    ]


def test_one_that_needs_stripe_does_not_part_the_others(
    board: BoardUnderTest, known: list[Told], standin: StandIn
) -> None:
    """Two states of one second: Stripe is asked which holds. What the others need stays a few statements."""
    events = [later(event, 10, quantity=20 + turn) for turn, event in enumerate(known)]
    tied = later(known[0], 10, quantity=4, cancel_at_period_end=True)
    statements = tell(board, [events[0], tied, *events[1:]])
    assert statuses(board, [*events, tied]) == ["processed"] * 6
    assert quantities(board, known) == [3, 21, 22, 23, 24], "as the stand-in has it"
    assert sum(statement.startswith("SAVEPOINT") for statement in statements) == 1
    assert sum(statement.startswith("UPDATE subscriptions") for statement in statements) == 2


def test_one_that_ends_a_subscription_makes_room_for_the_next(
    board: BoardUnderTest, known: list[Told]
) -> None:
    """A customer has one live subscription: the old one ends and another begins, told at once."""
    ended = later(known[0], 10, status="canceled")
    begun = later(known[0], 11, id="sub_another")
    tell(board, [ended, begun])
    assert statuses(board, [ended, begun]) == ["processed", "processed"]

    revived = later(known[0], 12, status="active")
    tell(board, [revived, later(known[1], 12, quantity=9)])
    assert statuses(board, [revived]) == ["failed"]
    assert "has the live subscription sub_another" in str(get_kept(board, revived).last_error)
    assert quantities(board, known[1:2]) == [9]


def test_a_second_live_one_is_refused_and_the_first_is_kept(board: BoardUnderTest, known: list[Told]) -> None:
    events = [later(known[0], 10, id="sub_another"), later(known[1], 10, quantity=9)]
    tell(board, events)
    assert statuses(board, events) == ["failed", "processed"]
    assert "has the live subscription" in str(get_kept(board, events[0]).last_error)
    assert quantities(board, known[:2]) == [3, 9]

"""The worker applies what was kept: once, later again where it failed, by asking Stripe where it must."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.core.audit import AuditUnavailable
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation
from adminboard.core.permissions import Role
from adminboard.db.embedded import APP_ROLE
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import StripeGateway
from adminboard.stripe.objects import Event
from adminboard.webhooks.applying import WORKER, EventApplier
from adminboard.webhooks.jobs import apply_due_events
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.outcomes import MOST_ATTEMPTS, PAUSES, STRIPE_IS_AWAY
from adminboard.webhooks.taking import LEASE, claim, take_due
from tests.clients import BoardUnderTest
from tests.stand_in import Control
from tests.stripe.making import Maker
from tests.webhooks.sending import make_event, send_event
from tests.webhooks.telling import get_kept, know, list_sent, sell, send_all, subscribe

CREATED = "customer.subscription.created"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


def list_entries(board: BoardUnderTest) -> list[str]:
    with board.rows() as session:
        entries = select(AuditEntry.action).where(AuditEntry.action.startswith("webhooks."))
        return list(session.scalars(entries.order_by(AuditEntry.position)))


def get_subscription(board: BoardUnderTest, stripe_id: str) -> Subscription | None:
    with board.rows() as session:
        wanted = select(Subscription).where(Subscription.stripe_subscription_id == stripe_id)
        return session.scalars(wanted).one_or_none()


def tell_of_a_stranger(board: BoardUnderTest, maker: Maker, standin: StandIn) -> dict[str, Any]:
    """An event of a customer whom the board does not know."""
    price = maker.price()
    sell(board, price)
    maker.subscription(maker.customer(), price)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    return event


def test_what_stripe_tells_becomes_our_rows(board: BoardUnderTest, maker: Maker, standin: StandIn) -> None:
    found = subscribe(board, maker, seats=4)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    assert apply_due_events(board.runtime) == 1
    row = get_subscription(board, found.id)
    assert row is not None
    assert (row.quantity, row.status) == (4, SubscriptionStatus.ACTIVE)
    kept = get_kept(board, event)
    assert (kept.processing_status, kept.attempts) == (ProcessingStatus.PROCESSED, 1)
    assert (kept.processed_at, kept.next_attempt_at) == (board.clock.now(), None)
    assert (kept.organization_id, kept.stripe_subscription_id) == (row.organization_id, found.id)
    assert (kept.status, kept.quantity) == ("active", 4)
    with board.rows() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "webhooks.apply")).one()
    assert (entry.actor_kind, entry.target_kind, entry.target_id) == ("system", "billing_event", str(kept.id))
    assert entry.customer_id == row.organization_id
    assert entry.after is not None
    assert entry.after["quantity"] == 4


def test_twice_is_once(board: BoardUnderTest, maker: Maker, standin: StandIn) -> None:
    subscribe(board, maker)
    events = list_sent(standin, CREATED)
    for _ in range(3):
        send_all(board, events)
        apply_due_events(board.runtime)
    assert list_entries(board) == ["webhooks.apply"]


def test_other_types_are_kept_as_ignored(board: BoardUnderTest) -> None:
    events = [make_event(f"source.{word}") for word in ("chargeable", "failed", "canceled")]
    send_all(board, events)
    assert apply_due_events(board.runtime) == 3
    for event in events:
        kept = get_kept(board, event)
        assert (kept.processing_status, kept.next_attempt_at) == (ProcessingStatus.IGNORED, None)
    assert list_entries(board) == []


def test_what_was_made_for_another_version_is_asked_of_stripe(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    found = subscribe(board, maker, seats=4)
    [event] = list_sent(standin, CREATED)
    old = {
        **event,
        "api_version": "2020-08-27",
        "data": {"object": {"id": found.id, "object": "subscription"}},
    }
    send_all(board, [old])
    apply_due_events(board.runtime)
    row = get_subscription(board, found.id)
    assert row is not None
    assert row.quantity == 4
    assert get_kept(board, event).processing_status is ProcessingStatus.PROCESSED


def test_a_failure_is_tried_again_after_growing_pauses_and_then_given_up(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    event = tell_of_a_stranger(board, maker, standin)
    for attempt in range(1, MOST_ATTEMPTS):
        assert apply_due_events(board.runtime) == 1
        kept = get_kept(board, event)
        assert (kept.processing_status, kept.attempts) == (ProcessingStatus.FAILED, attempt)
        assert kept.last_error is not None
        assert "No organization has the Stripe customer" in kept.last_error
        assert kept.next_attempt_at == board.clock.now() + PAUSES[attempt - 1]
        board.clock.advance(PAUSES[attempt - 1] - timedelta(seconds=1))
        assert apply_due_events(board.runtime) == 0
        board.clock.advance(timedelta(seconds=1))
    assert list_entries(board) == []

    assert apply_due_events(board.runtime) == 1
    kept = get_kept(board, event)
    assert (kept.processing_status, kept.attempts) == (ProcessingStatus.FAILED, 8)
    assert kept.next_attempt_at is None
    board.clock.advance(timedelta(days=30))
    assert apply_due_events(board.runtime) == 0
    assert list_entries(board) == ["webhooks.fail"]


def test_who_may_replay_is_told_of_one_that_is_given_up(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    event = tell_of_a_stranger(board, maker, standin)
    board.browser(Role.SUPPORT)
    with board.rows() as session:
        session.execute(update(BillingEvent).values(attempts=MOST_ATTEMPTS - 1))
    apply_due_events(board.runtime)
    with board.rows() as session:
        letters = session.scalars(select(Operation.parameters)).all()
    assert get_kept(board, event).attempts == MOST_ATTEMPTS
    assert letters
    assert CREATED in str(letters)


def test_one_that_fails_leaves_the_others_alone(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    stranger = tell_of_a_stranger(board, maker, standin)
    found = subscribe(board, maker)
    known = next(event for event in list_sent(standin, CREATED) if event["data"]["object"]["id"] == found.id)
    broken = make_event(CREATED, object="subscription", customer=found.customer)
    send_all(board, [broken, known])
    apply_due_events(board.runtime)
    assert get_kept(board, stranger).processing_status is ProcessingStatus.FAILED
    assert get_kept(board, known).processing_status is ProcessingStatus.PROCESSED
    failed = get_kept(board, broken)
    assert (failed.processing_status, failed.attempts) == (ProcessingStatus.FAILED, 1)


def test_what_was_wrong_may_be_mended_meanwhile(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    event = tell_of_a_stranger(board, maker, standin)
    apply_due_events(board.runtime)
    know(board, maker.client.v1.customers.retrieve(event["data"]["object"]["customer"]))
    board.clock.advance(PAUSES[0])
    apply_due_events(board.runtime)
    kept = get_kept(board, event)
    assert (kept.processing_status, kept.attempts, kept.last_error) == (ProcessingStatus.PROCESSED, 2, None)


@pytest.mark.parametrize("attempts", [1, MOST_ATTEMPTS])
def test_what_another_subscription_kept_out_is_applied_once_that_has_ended(
    board: BoardUnderTest, maker: Maker, standin: StandIn, attempts: int
) -> None:
    """Also where all attempts were made by then: a first payment that nobody makes ends after a day."""
    first = subscribe(board, maker)
    [item] = first.items.data
    second = maker.subscription(maker.client.v1.customers.retrieve(str(first.customer)), item.price)
    [heard_first, kept_out] = list_sent(standin, CREATED)
    for event in (heard_first, kept_out):
        send_all(board, [event])
        apply_due_events(board.runtime)
    with board.rows() as session:
        given_up = {"attempts": attempts, "next_attempt_at": None}
        session.execute(
            update(BillingEvent).where(BillingEvent.stripe_event_id == kept_out["id"]).values(given_up)
        )
    assert get_kept(board, kept_out).processing_status is ProcessingStatus.FAILED
    assert get_subscription(board, second.id) is None

    maker.client.v1.subscriptions.cancel(first.id)
    board.clock.advance(timedelta(days=1))
    send_all(board, list_sent(standin, "customer.subscription.deleted"))
    apply_due_events(board.runtime)

    row = get_subscription(board, second.id)
    assert row is not None
    assert row.status is SubscriptionStatus.ACTIVE


def test_stripe_being_away_counts_as_no_attempt(
    board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control
) -> None:
    found = subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    others = [event | {"id": f"evt_other{number}", "api_version": "2020-08-27"} for number in range(3)]
    send_all(board, others)
    control("fault", kind="rate_limit", method="GET", path="/v1/subscriptions", times=1)
    assert apply_due_events(board.runtime) == 3
    for other in others:
        kept = get_kept(board, other)
        assert (kept.processing_status, kept.attempts) == (ProcessingStatus.RECEIVED, 0)
        assert kept.next_attempt_at is not None
        assert kept.next_attempt_at >= board.clock.now() + STRIPE_IS_AWAY
        assert kept.last_error
    board.clock.advance(timedelta(hours=1))
    apply_due_events(board.runtime)
    assert {get_kept(board, other).processing_status for other in others} == {ProcessingStatus.PROCESSED}
    assert get_subscription(board, found.id) is not None


def test_an_event_of_a_worker_that_died_is_taken_again_when_its_lease_is_over(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event])
    with board.runtime.work(WORKER) as work:
        claim(work, take_due(work, KINDS, 10))
        work.keep_events()
    assert get_kept(board, event).processing_status is ProcessingStatus.PROCESSING
    board.clock.advance(LEASE - timedelta(seconds=1))
    assert apply_due_events(board.runtime) == 0
    board.clock.advance(timedelta(seconds=1))
    assert apply_due_events(board.runtime) == 1
    assert get_kept(board, event).processing_status is ProcessingStatus.PROCESSED


def test_a_worker_that_was_overtaken_while_it_asked_stripe_writes_nothing(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    """Its lease ran out meanwhile, and another worker has applied the event."""
    subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event | {"api_version": "2020-08-27"}])
    kind = KINDS[CREATED]

    def fetch_slowly(stripe: StripeGateway, told: Event) -> Any:
        board.clock.advance(LEASE)
        assert apply_due_events(board.runtime) == 1
        return kind.fetch(stripe, told)

    slow = EventApplier(board.runtime, {**KINDS, CREATED: replace(kind, fetch=fetch_slowly)})
    assert slow.apply_next() == 1
    assert list_entries(board) == ["webhooks.apply"]
    assert get_kept(board, event).attempts == 1


def test_of_two_workers_each_takes_other_events(board: BoardUnderTest) -> None:
    events = [make_event() for _ in range(6)]
    send_all(board, events)
    with board.runtime.work(WORKER) as work:
        assert len(take_due(work, KINDS, 4)) == 4
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(EventApplier(board.runtime).apply_next).result() == 2
        work.abandon()
    assert EventApplier(board.runtime).apply_next() == 4


def test_nothing_is_applied_while_no_entry_could_be_written(
    board: BoardUnderTest, maker: Maker, standin: StandIn
) -> None:
    found = subscribe(board, maker)
    [event] = list_sent(standin, CREATED)
    send_all(board, [event, make_event(), event | {"id": "evt_old", "api_version": "2020-08-27"}])
    with board.rows() as session:
        session.execute(text(f"REVOKE INSERT ON board.audit_entries FROM {APP_ROLE}"))
    with pytest.raises(AuditUnavailable):
        apply_due_events(board.runtime)
    with board.rows() as session:
        waiting = select(func.count()).where(BillingEvent.processing_status == ProcessingStatus.RECEIVED)
        assert session.scalar(waiting) == 3
    assert get_subscription(board, found.id) is None


def test_more_than_a_slice_queues_the_next(board: BoardUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adminboard.webhooks.jobs.SLICE_SECONDS", 0)
    monkeypatch.setattr("adminboard.webhooks.applying.MOST_AT_ONCE", 2)
    for _ in range(3):
        assert send_event(board, make_event()).status_code == 200
    with board.rows() as session:
        session.execute(text("DELETE FROM board.procrastinate_jobs"))
    assert apply_due_events(board.runtime) == 2
    with board.rows() as session:
        assert session.scalar(text("SELECT count(*) FROM board.procrastinate_jobs")) == 1
    assert apply_due_events(board.runtime) == 1

"""Cancelling, reactivating, pausing and resuming: each does what it says, and undoes its inverse."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Subscription
from adminboard.core.permissions import Role
from adminboard.core.said_moments import say_moment
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, maker_of, operations_on, sell
from tests.clients import BoardUnderTest
from tests.stand_in import Control

BODY = {"reason": "The practice moves to another town"}
NOUNS = [("cancellation", "POST"), ("reactivation", "POST"), ("pause", "POST"), ("pause", "DELETE")]


@pytest.fixture
def sold(standin: StandIn, board: BoardUnderTest) -> Sold:
    return sell(board)


def ask(board: BoardUnderTest, sold: Sold, noun: str, method: str = "POST", **fields: Any) -> Any:
    program = board.program(role=Role.BILLING)
    return program.request(method, f"{sold.subscription}/{noun}", json=BODY | fields)


def row_of(board: BoardUnderTest, sold: Sold) -> Subscription:
    with board.runtime.reading() as session:
        return session.get_one(Subscription, sold.subscription_id)


def at_stripe(board: BoardUnderTest, sold: Sold) -> Any:
    return maker_of(board.runtime).client.v1.subscriptions.retrieve(sold.stripe.id)


def undo(board: BoardUnderTest, answer: Any) -> Any:
    return board.program(role=Role.BILLING).post(answer.json()["undo"]["href"], json={})


def test_at_the_end_of_the_period_and_back(board: BoardUnderTest, sold: Sold) -> None:
    cancelled = ask(board, sold, "cancellation")
    assert cancelled.status_code == 200, cancelled.text
    assert (row_of(board, sold).cancel_at_period_end, at_stripe(board, sold).cancel_at_period_end) == (
        True,
        True,
    )
    again = ask(board, sold, "cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "cancels_already")

    reactivated = ask(board, sold, "reactivation")
    assert reactivated.status_code == 200, reactivated.text
    assert row_of(board, sold).cancel_at_period_end is False
    assert at_stripe(board, sold).cancel_at_period_end is False
    refused = ask(board, sold, "reactivation")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_cancelling")
    with board.runtime.reading() as session:
        events = session.scalars(
            select(BillingEvent.event_type)
            .where(BillingEvent.stripe_subscription_id == sold.stripe.id)
            .order_by(BillingEvent.received_at, BillingEvent.event_type)
        )
        assert sorted(events) == ["billing.cancel", "billing.reactivate"]


def test_both_can_be_undone_while_that_applies(board: BoardUnderTest, sold: Sold) -> None:
    cancelled = ask(board, sold, "cancellation")
    assert undo(board, cancelled).status_code == 200
    assert at_stripe(board, sold).cancel_at_period_end is False
    ask(board, sold, "cancellation")
    reactivated = ask(board, sold, "reactivation")
    assert undo(board, reactivated).status_code == 200
    assert at_stripe(board, sold).cancel_at_period_end is True


def sync(board: BoardUnderTest, sold: Sold) -> None:
    """As if an event of what was changed at Stripe had come."""
    address = f"/v1/admin/customers/{sold.organization_id}/reconciliation"
    assert board.program(role=Role.BILLING).post(address, json=BODY).status_code == 200


def test_what_a_customer_cancels_in_the_portal_is_known_and_can_be_taken_back(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    control("leave", subscription=sold.stripe.id)
    there = at_stripe(board, sold)
    assert (there.cancel_at_period_end, there.cancel_at is None) == (False, False)
    sync(board, sold)

    row = row_of(board, sold)
    assert (row.cancel_at_period_end, row.ends_at) == (True, row.current_period_end)
    leaving = board.program(role=Role.VIEWER).get(
        "/v1/admin/billing/subscriptions", params={"cancels": "yes", "customer": str(sold.organization_id)}
    )
    assert [item["id"] for item in leaving.json()["items"]] == [str(sold.subscription_id)]
    panel = board.browser(Role.BILLING).get(f"/billing/subscriptions?selected={sold.subscription_id}").text
    assert "billing.reactivate?" in panel
    again = ask(board, sold, "cancellation")
    assert (again.status_code, again.json()["code"]) == (409, "cancels_already")

    reactivated = ask(board, sold, "reactivation")
    assert reactivated.status_code == 200, reactivated.text
    assert at_stripe(board, sold).cancel_at is None
    assert (row_of(board, sold).cancel_at_period_end, row_of(board, sold).cancel_at) == (False, None)
    assert undo(board, reactivated).status_code == 200
    assert at_stripe(board, sold).cancel_at_period_end is True


def test_a_date_to_end_on_is_named_and_taken_back_without_an_undo(board: BoardUnderTest, sold: Sold) -> None:
    later = datetime.fromtimestamp(sold.stripe["items"].data[0].current_period_end, UTC) + timedelta(days=40)
    maker_of(board.runtime).client.v1.subscriptions.update(
        sold.stripe.id, {"cancel_at": int(later.timestamp())}
    )
    sync(board, sold)
    assert row_of(board, sold).ends_at == later
    again = ask(board, sold, "cancellation")
    assert say_moment(later) in again.json()["detail"]

    reactivated = ask(board, sold, "reactivation")
    assert (reactivated.status_code, reactivated.json()["undo"]) == (200, None)
    assert at_stripe(board, sold).cancel_at is None


def test_now_ends_it_at_once_and_must_be_accepted(board: BoardUnderTest, sold: Sold) -> None:
    refused = ask(board, sold, "cancellation", when="now")
    cancelled = ask(board, sold, "cancellation", when="now", acknowledge=["at_once"])

    assert (refused.status_code, refused.json()["code"]) == (409, "acknowledgement_required")
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["undo"] is None
    assert (row_of(board, sold).status, at_stripe(board, sold).status) == ("canceled", "canceled")
    again = ask(board, sold, "cancellation", when="now", acknowledge=["at_once"])
    assert (again.status_code, again.json()["code"]) == (409, "no_live_subscription")


def test_what_is_set_to_end_can_be_ended_now(board: BoardUnderTest, sold: Sold) -> None:
    ask(board, sold, "cancellation")
    assert ask(board, sold, "cancellation", when="now", acknowledge=["at_once"]).status_code == 200
    assert row_of(board, sold).status == "canceled"


def test_a_lost_answer_to_a_cancellation_is_settled_later(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    control("fault", kind="timeout_after", path="/v1/subscriptions", method="DELETE")
    lost = ask(board, sold, "cancellation", when="now", acknowledge=["at_once"])
    assert lost.status_code == 202
    retried = board.program().post(f"{lost.headers['Location']}/attempts", json={})
    assert retried.status_code == 200, retried.text
    assert row_of(board, sold).status == "canceled"


def test_a_pause_stops_the_collection_until_it_is_resumed(board: BoardUnderTest, sold: Sold) -> None:
    paused = ask(board, sold, "pause", invoices="keep_as_draft")
    assert paused.status_code == 200, paused.text
    assert at_stripe(board, sold).pause_collection.behavior == "keep_as_draft"
    assert (row_of(board, sold).status, row_of(board, sold).pause_behavior) == ("active", "keep_as_draft")
    again = ask(board, sold, "pause")
    assert (again.status_code, again.json()["code"]) == (409, "paused_already")

    resumed = ask(board, sold, "pause", "DELETE")
    assert resumed.status_code == 200, resumed.text
    assert at_stripe(board, sold).pause_collection is None
    assert row_of(board, sold).pause_behavior is None
    refused = ask(board, sold, "pause", "DELETE")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_paused")


def test_a_pause_made_in_stripes_dashboard_is_known_once_it_was_heard_of(
    board: BoardUnderTest, sold: Sold
) -> None:
    maker_of(board.runtime).client.v1.subscriptions.update(
        sold.stripe.id, {"pause_collection": {"behavior": "void"}}
    )
    synced = board.program(role=Role.BILLING).post(
        f"/v1/admin/customers/{sold.organization_id}/reconciliation", json=BODY
    )
    assert synced.status_code == 200, synced.text
    assert row_of(board, sold).pause_behavior == "void"
    assert ask(board, sold, "pause").json()["code"] == "paused_already"
    assert ask(board, sold, "pause", "DELETE").status_code == 200


def test_pause_and_resumption_undo_each_other(board: BoardUnderTest, sold: Sold) -> None:
    paused = ask(board, sold, "pause", invoices="mark_uncollectible")
    assert undo(board, paused).status_code == 200
    assert at_stripe(board, sold).pause_collection is None
    ask(board, sold, "pause", invoices="mark_uncollectible", resumes_at="2026-03-01T00:00:00Z")
    before = at_stripe(board, sold).pause_collection
    resumed = ask(board, sold, "pause", "DELETE")
    assert undo(board, resumed).status_code == 200
    assert at_stripe(board, sold).pause_collection == before
    assert before.behavior == "mark_uncollectible"


def test_only_the_direction_that_applies_is_offered(board: BoardUnderTest, sold: Sold) -> None:
    panel, billing = f"/billing/subscriptions?selected={sold.subscription_id}", board.browser(Role.BILLING)
    paused, collecting = "billing.resume?", "billing.pause?"
    assert (paused in billing.get(panel).text, collecting in billing.get(panel).text) == (False, True)
    ask(board, sold, "pause", resumes_at="2026-03-01T00:00:00Z")
    page = billing.get(panel).text
    assert (paused in page, collecting in page) == (True, False)
    assert "paused; invoices are void: the time is free" in page
    rows = board.program(role=Role.VIEWER).get(
        "/v1/admin/billing/subscriptions", params={"paused": "yes", "customer": str(sold.organization_id)}
    )
    [row] = rows.json()["items"]
    assert (row["id"], row["pause_behavior"]) == (str(sold.subscription_id), "void")


def test_a_day_that_is_over_resumes_nothing(board: BoardUnderTest, sold: Sold) -> None:
    answer = ask(board, sold, "pause", resumes_at="2020-01-01T00:00:00Z")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_in_the_future")


@pytest.mark.parametrize(("noun", "method"), NOUNS)
def test_without_a_reason_nothing_happens(board: BoardUnderTest, sold: Sold, noun: str, method: str) -> None:
    answer = ask(board, sold, noun, method, reason="short")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "reason")
    assert operations_on(board, sold.subscription_id) == []


def test_a_choice_that_begins_with_an_answer_is_not_called_optional(
    board: BoardUnderTest, sold: Sold
) -> None:
    form = board.browser(Role.BILLING).get(f"/actions/billing.pause?customer={sold.organization_id}").text
    assert "Invoices meanwhile</label>" in form
    assert "Resumes <small>optional</small></label>" in form


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
@pytest.mark.parametrize("action", ["cancel", "reactivate", "pause", "resume"])
def test_only_billing_does_this(board: BoardUnderTest, sold: Sold, action: str, role: Role) -> None:
    form = {"customer": str(sold.organization_id), **BODY}
    assert board.browser(role).submit(f"/actions/billing.{action}", form).status_code == 403
    assert operations_on(board, sold.subscription_id) == []


@pytest.mark.parametrize(("noun", "method"), [("cancellation", "POST"), ("pause", "POST")])
def test_twice_is_once(board: BoardUnderTest, sold: Sold, noun: str, method: str) -> None:
    program = board.program(role=Role.BILLING)
    headers = {"Idempotency-Key": f"once {noun}"}
    first, again = (
        program.request(method, f"{sold.subscription}/{noun}", json=BODY, headers=headers) for _ in range(2)
    )
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(operations_on(board, sold.subscription_id)) == 1

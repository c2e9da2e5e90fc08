"""The same rows in the end, in whatever order events come and however often (guarantee 7)."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.registry import KINDS
from tests.billing.mirror.conftest import taken_back
from tests.stand_in import Control
from tests.webhooks.kinds.conftest import Listener, Scene, tell_a_year
from tests.webhooks.kinds.final_rows import Rows, final_rows

COPIES = 2
Ends = Callable[[list[Event]], Rows]


@pytest.fixture
def ends(connection: Connection, session: Session, listener: Listener) -> Ends:
    """What the rows are after these events."""
    session.flush()

    def hear(events: list[Event]) -> Rows:
        with taken_back(connection) as seen:
            listener.hear_all(events)
            assert listener.errors == []
            return final_rows(seen)

    return hear


@pytest.mark.parametrize("steps", [True, False], ids=["days apart", "in one second"])
def test_any_order_of_a_customers_life_ends_in_the_same_rows(
    scene: Scene, control: Control, listener: Listener, ends: Ends, steps: bool
) -> None:
    tell_a_year(scene, control, steps=steps)
    events = [event for event in listener.events() if event.type in KINDS]
    assert {event.type.split(".")[0] for event in events} >= {"customer", "invoice", "charge", "refund"}
    expected = ends(events)
    (subscription,) = expected["subscriptions"]
    assert (subscription["status"], subscription["quantity"]) == ("canceled", 5)
    assert [row["status"] for row in expected["grace_periods"]] == ["recovered"]
    assert sorted(row["amount_refunded_cents"] for row in expected["invoices"]) == [0, 0]

    @settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
    @given(order=st.permutations(range(len(events))))
    def check(order: list[int]) -> None:
        assert ends([events[number] for number in order]) == expected

    check()


def test_copies_change_nothing_more(scene: Scene, control: Control, listener: Listener, ends: Ends) -> None:
    tell_a_year(scene, control, steps=True)
    events = listener.events()
    assert ends([event for event in events for _ in range(COPIES)]) == ends(events)
    assert ends([*events, *events[::-1]]) == ends(events)


@pytest.mark.parametrize("end", ["pay", "void"])
def test_an_invoice_that_was_sent_and_not_paid_in_time_in_any_order(
    scene: Scene, control: Control, listener: Listener, ends: Ends, end: str
) -> None:
    made = scene.subscribe(days_until_due=10)
    control("clock", days=11)
    if end == "pay":
        control("pay", invoice=str(made.latest_invoice))
    else:
        scene.client.v1.invoices.void_invoice(str(made.latest_invoice))
    kinds = ("invoice.finalized", "invoice.paid", "invoice.voided", "customer.subscription.created")
    events = listener.events(*kinds, "customer.subscription.updated")
    expected = ends(events)
    assert [row["status"] for row in expected["grace_periods"]] == ["recovered" if end == "pay" else "open"]
    for order in itertools.permutations(events[:4]):
        assert ends([*order, *events[4:]]) == expected
        assert ends([*events[4:], *order]) == expected


def test_a_customer_who_changes_subscriptions_in_any_order(
    scene: Scene, control: Control, listener: Listener, ends: Ends
) -> None:
    first = scene.subscribe()
    scene.client.v1.subscriptions.cancel(first.id)
    scene.subscribe()
    events = listener.events("customer.subscription.created", "customer.subscription.deleted", "invoice.paid")
    expected = ends(events)
    assert sorted(row["status"] for row in expected["subscriptions"]) == ["active", "canceled"]
    assert ends(events[::-1]) == expected
    assert ends([events[-1], *events[:-1]]) == expected

"""The same rows in the end, in whatever order events come and however often (guarantee 7)."""

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
from tests.stripe.making import item_of
from tests.webhooks.kinds.conftest import Listener, Scene
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


def tell_a_year(scene: Scene, control: Control, *, steps: bool) -> None:
    """A customer's life with most kinds of events. With ``steps`` days pass between them, else none."""

    def wait(days: int) -> None:
        if steps:
            control("clock", days=days)

    made = scene.subscribe(seats=2)
    wait(1)
    scene.change(made, items=[{"id": item_of(made).id, "quantity": 5}])
    wait(1)
    intent = scene.make.payment_of(made)
    refund = scene.client.v1.refunds.create({"payment_intent": intent, "amount": 1200})
    control("decline", payment_method=scene.card, decline_code="expired_card")
    control("renew", subscription=made.id)
    invoice = scene.client.v1.subscriptions.retrieve(made.id).latest_invoice
    assert isinstance(invoice, str)
    wait(1)
    control("fail", invoice=invoice)
    wait(1)
    better = scene.client.v1.payment_methods.attach("pm_card_mastercard", {"customer": scene.customer.id})
    scene.client.v1.customers.update(
        scene.customer.id,
        {"email": "new@bluedoor.test", "invoice_settings": {"default_payment_method": better.id}},
    )
    control("pay", invoice=invoice)
    control("fail_refund", refund=refund.id)
    wait(1)
    scene.client.v1.payment_methods.detach(scene.card)
    scene.client.v1.subscriptions.cancel(made.id)


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

"""An object is read as it was sent just as Stripe's SDK would read it, only without making all its parts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import stripe

from adminboard.stripe.gateway import reading
from adminboard.stripe.gateway.payloads import NotAsPinned, read_object
from tests.stand_in import Control
from tests.webhooks.kinds.conftest import Listener, Scene, tell_a_year

OF_THE_SDK: dict[str, tuple[type[stripe.StripeObject], Callable[[Any], object]]] = {
    "charge": (stripe.Charge, reading.read_charge),
    "customer": (stripe.Customer, reading.read_customer),
    "invoice": (stripe.Invoice, reading.read_invoice),
    "payment_method": (stripe.PaymentMethod, reading.read_payment_method),
    "refund": (stripe.Refund, reading.read_refund),
    "subscription": (stripe.Subscription, reading.read_subscription),
}


def test_what_was_sent_is_read_as_the_sdk_reads_it(
    scene: Scene, control: Control, listener: Listener
) -> None:
    tell_a_year(scene, control, steps=True)
    events = [event for event in listener.events() if event.object_kind in OF_THE_SDK]
    for event in events:
        kind, read = OF_THE_SDK[str(event.object_kind)]
        assert read_object(event) == read(kind.construct_from(event.payload["data"]["object"], None))
    assert {event.object_kind for event in events} == OF_THE_SDK.keys()


@pytest.mark.parametrize("part", ["status", "customer", "items", "created"])
def test_an_object_without_a_part_is_not_of_this_version(scene: Scene, listener: Listener, part: str) -> None:
    scene.subscribe()
    [event] = listener.events("customer.subscription.created")
    changed = {name: value for name, value in event.payload["data"]["object"].items() if name != part}
    with pytest.raises(NotAsPinned):
        read_object(replace(event, payload={"data": {"object": changed}}))

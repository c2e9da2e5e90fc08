"""Webhooks of the stand-in, and how the gateway knows that they are Stripe's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time

import pytest

from adminboard.stripe.errors import BadSignature
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import sign
from adminboard.stripe.gateway import StripeGateway
from tests.stand_in import WEBHOOK_SECRET, Control
from tests.stripe.making import Maker

BODY = json.dumps(
    {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "created": 1_790_000_000,
        "livemode": False,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
).encode()


@dataclass
class Receiver:
    """Takes what is sent to it, with the status it is told to answer."""

    url: str = ""
    status: int = 200
    received: list[tuple[bytes, str]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append((body, self.headers["Stripe-Signature"]))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, format: str, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/stripe"
        yield receiver
        server.shutdown()
        thread.join()


@pytest.fixture
def listening(control: Control, receiver: Receiver) -> Receiver:
    control("webhook", url=receiver.url, secret=WEBHOOK_SECRET)
    return receiver


def test_what_stripe_signed_just_now_is_read(gateway: StripeGateway) -> None:
    event = gateway.events.read_webhook(BODY, sign(BODY, WEBHOOK_SECRET, int(time())))

    assert (event.id, event.type, event.object_id, event.object_kind) == (
        "evt_1",
        "customer.updated",
        "cus_1",
        "customer",
    )
    assert event.payload["data"]["object"]["id"] == "cus_1"


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "t=1,v1=abc"),
        (BODY, sign(BODY, "whsec_of_somebody_else", int(time()))),
        (BODY, sign(BODY, WEBHOOK_SECRET, int(time()) - 400)),
        (BODY.replace(b"cus_1", b"cus_2"), sign(BODY, WEBHOOK_SECRET, int(time()))),
        (b"no json", sign(b"no json", WEBHOOK_SECRET, int(time()))),
    ],
    ids=["none", "empty", "nonsense", "another secret", "too old", "another body", "no JSON"],
)
def test_what_it_did_not_sign_or_long_ago_is_refused(
    gateway: StripeGateway, body: bytes, signature: str | None
) -> None:
    with pytest.raises(BadSignature):
        gateway.events.read_webhook(body, signature)


def test_each_event_is_delivered_signed_with_what_was_there_before(
    listening: Receiver, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    customer = make.customer(email="old@example.com")
    control("deliver")
    listening.received.clear()
    gateway.customers.update(customer.id, email="new@example.com", key="address")

    outcome = control("deliver")

    [(body, signature)] = listening.received
    event = gateway.events.read_webhook(body, signature)
    assert outcome == {"statuses": [200], "waiting": 0}
    assert event.type == "customer.updated"
    assert event.payload["data"]["previous_attributes"] == {"email": "old@example.com"}
    assert event.payload["data"]["object"]["email"] == "new@example.com"
    assert event.payload["request"]["idempotency_key"] == "address"
    assert gateway.events.get(event.id) == event


def test_deliveries_are_doubled_and_shuffled_the_same_way_for_the_same_number(
    listening: Receiver, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    make.subscription()
    control("deliver")
    in_order = [gateway.events.read_webhook(*sent).id for sent in listening.received]
    listening.received.clear()
    for event in in_order:
        control("send_again", event=event)

    control("deliver", copies=3, shuffle=7)

    shuffled = [gateway.events.read_webhook(*sent).id for sent in listening.received]
    assert in_order != shuffled[: len(in_order)]
    assert sorted(in_order * 3) == sorted(shuffled)


def test_what_is_not_taken_is_sent_again_with_growing_pauses(
    listening: Receiver, control: Control, make: Maker
) -> None:
    make.price()
    listening.status = 503
    control("deliver")
    control("deliver")
    after_first = len(listening.received)
    control("clock", days=1 / 24)
    control("deliver")
    listening.status = 200
    control("clock", days=1)

    assert control("deliver") == {"statuses": [200, 200], "waiting": 0}
    assert (after_first, len(listening.received)) == (2, 6)


def test_an_endpoint_gets_only_the_types_it_wants_and_may_be_away(
    control: Control, receiver: Receiver, make: Maker
) -> None:
    control("webhook", url=receiver.url, secret=WEBHOOK_SECRET, types=["price.created"])
    control("webhook", url="http://127.0.0.1:9/away", secret=WEBHOOK_SECRET)

    make.price()

    assert sorted(control("deliver")["statuses"]) == [0, 0, 200]
    assert json.loads(receiver.received[0][0])["type"] == "price.created"


def test_events_are_listed_by_type_and_time_for_thirty_days(
    standin: StandIn, control: Control, gateway: StripeGateway, make: Maker
) -> None:
    customer = make.customer()
    control("clock", days=20)
    gateway.customers.update(customer.id, name="Red Door", key="name")
    [late] = gateway.events.list_page(types=["customer.updated", "customer.deleted"], limit=1).items

    since = gateway.events.list_page(since=late.created_at).items
    control("clock", days=11)

    assert [event.id for event in since] == [late.id]
    assert [event.id for event in gateway.events.list_page().items] == [late.id]

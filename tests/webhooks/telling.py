"""What happens in Stripe's stand-in, told to a board that works with it."""

import json
from typing import Any

from sqlalchemy import select
from stripe import Customer, Price, StripeClient, Subscription

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.billing.models import Plan
from adminboard.customers.models import Organization
from adminboard.stripe.fake.shapes import shape
from adminboard.stripe.fake.standin import StandIn
from tests.clients import BoardUnderTest
from tests.factories import make_billing_event, make_organization, make_plan
from tests.stand_in import API_KEY, Served
from tests.stripe.making import Maker
from tests.webhooks.sending import make_event, send_event

CREATED = "customer.subscription.created"


def make_maker(served: Served) -> Maker:
    """Puts things into the stand-in by its API."""
    return Maker(StripeClient(API_KEY, base_addresses={"api": served.url}))


def list_sent(standin: StandIn, *types: str) -> list[dict[str, Any]]:
    """The stand-in's events as it would send them, oldest first; of some types only, where they are named."""
    events = [shape(event, standin.account) for event in standin.account.events]
    sent: list[dict[str, Any]] = json.loads(json.dumps(events))
    return [event for event in sent if not types or event["type"] in types]


def send_all(board: BoardUnderTest, events: list[dict[str, Any]]) -> None:
    for event in events:
        answer = send_event(board, event)
        assert answer.status_code == 200, answer.text


def sell(board: BoardUnderTest, price: Price) -> Plan:
    """A plan of the board with this price."""
    with board.rows() as session:
        return make_plan(session, stripe_price_id=price.id)


def know(board: BoardUnderTest, customer: Customer) -> Organization:
    """An organization of the board that is this customer of Stripe's."""
    with board.rows() as session:
        return make_organization(session, stripe_customer_id=customer.id)


def subscribe(board: BoardUnderTest, maker: Maker, *, seats: int = 3) -> Subscription:
    """A new customer, known to the board, with a subscription to a plan of the board's."""
    price, customer = maker.price(), maker.customer()
    sell(board, price)
    know(board, customer)
    return maker.subscription(customer, price, seats=seats)


def get_kept(board: BoardUnderTest, event: dict[str, Any]) -> BillingEvent:
    """The board's row of an event."""
    with board.rows() as session:
        return session.scalars(select(BillingEvent).where(BillingEvent.stripe_event_id == event["id"])).one()


def list_facts(board: BoardUnderTest, event: dict[str, Any]) -> dict[str, Any]:
    """What the board's row of an event says that happened."""
    kept = get_kept(board, event)
    facts = ("organization_id", "amount_cents", "currency", "notes")
    changes = ("previous_status", "status", "previous_quantity", "quantity")
    ids = (column for column in vars(BillingEvent) if column.startswith("stripe_"))
    return {name: getattr(kept, name) for name in (*facts, *changes, *ids)}


def make_failed(board: BoardUnderTest, **fields: Any) -> BillingEvent:
    """A row that failed for good, of a subscription that Stripe does not have."""
    event = make_event(CREATED, object="subscription", id="sub_nobody")
    defaults = {"event_type": CREATED, "raw_payload": event, "stripe_event_id": event["id"]}
    with board.rows() as session:
        return make_billing_event(
            session, **{**defaults, "processing_status": ProcessingStatus.FAILED, "attempts": 8, **fields}
        )

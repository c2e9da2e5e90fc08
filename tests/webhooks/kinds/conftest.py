"""Events of the stand-in, applied to our rows as the worker applies them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import stripe
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.billing.models import Plan
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.stripe.fake.records import Subscription as SubscriptionRecord
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import PINNED_VERSION, Patience, StripeGateway
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Told
from adminboard.webhooks.kinds.registry import KINDS
from tests.clients import SECRET_KEY
from tests.factories import START, make_organization, make_plan
from tests.stand_in import API_KEY, Control, Served
from tests.stripe.making import Maker, item_of

WORKER = system_actor("webhooks")


@dataclass
class Listener:
    """Applies events one by one; those that fail are kept, to be tried again after the others."""

    runtime: Runtime
    gateway: StripeGateway
    failed: list[Event] = field(default_factory=list)
    errors: list[DomainError] = field(default_factory=list)

    def hear(self, event: Event, *, fetched: bool = False) -> Told:
        """What the event's kind did, with its object as it was sent or, as for an older version of the API,
        ``fetched``. Raises its error, having changed nothing."""
        kind = KINDS[event.type]
        found = kind.fetch(self.gateway, event) if fetched else kind.read(event)
        state_at = event.created_at
        while True:
            try:
                with self.runtime.work(WORKER) as work:
                    told = self._apply(work, kind, event, found, state_at)
                    work.audit("webhooks.apply", Target("billing_event", event.id, event.type), told.summary)
                    return told
            except NeedsFetching as needs:
                found, state_at = kind.fetch(self.gateway, event), needs.state_at

    def _apply(self, work: Work, kind: EventKind, event: Event, found: Any, state_at: datetime) -> Told:
        """Where what was sent is not enough, nothing may have been changed: others share the transaction."""
        try:
            return kind.apply(work, event, found, state_at)
        except NeedsFetching:
            assert found != kind.read(event) or not (work.session.new or work.session.dirty), event.type
            raise

    def hear_last(self, event_type: str) -> Told:
        """What the latest event of the type did."""
        return self.hear(self.events(event_type)[-1])

    def hear_all(self, events: Iterable[Event]) -> None:
        """In this order, leaving out what no kind knows; what failed is tried again until all is well."""
        waiting = [event for event in events if event.type in KINDS]
        while waiting:
            self.failed, self.errors = [], []
            for event in waiting:
                try:
                    self.hear(event)
                except DomainError as error:
                    self.failed.append(event)
                    self.errors.append(error)
            if len(self.failed) == len(waiting):
                return
            waiting = self.failed

    def events(self, *types: str) -> list[Event]:
        """All there were, oldest first; only of these types, if any are named."""
        found: list[Event] = []
        after: str | None = None
        while True:
            page = self.gateway.events.list_page(types=types, after=after)
            found += page.items
            after = page.after
            if after is None:
                return found[::-1]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def client(standin: object, served_standin: Served) -> stripe.StripeClient:
    """The bare SDK, as the product's backend would use it."""
    return stripe.StripeClient(
        API_KEY, stripe_version=PINNED_VERSION, base_addresses={"api": served_standin.url}
    )


@pytest.fixture
def make(client: stripe.StripeClient) -> Maker:
    return Maker(client)


@pytest.fixture
def listener(database: Database, clock: MovableClock, served_standin: Served) -> Listener:
    settings = Settings(secret_key=SECRET_KEY)
    runtime = Runtime(settings, database, clock)
    gateway = StripeGateway(served_standin.access, patience=Patience(attempts=1), pause=lambda _: None)
    return Listener(runtime, gateway)


@dataclass
class Scene:
    """A customer of ours on a plan of ours, both known to Stripe."""

    client: stripe.StripeClient
    make: Maker
    standin: StandIn
    customer: stripe.Customer
    price: stripe.Price
    organization: Organization
    plan: Plan

    @property
    def card(self) -> str:
        """What the customer pays with."""
        settings = self.customer.invoice_settings
        assert settings is not None
        assert isinstance(settings.default_payment_method, str)
        return settings.default_payment_method

    def subscribe(self, **options: Any) -> stripe.Subscription:
        return self.make.subscription(self.customer, self.price, **options)

    def change(self, subscription: stripe.Subscription, **given: Any) -> None:
        self.client.v1.subscriptions.update(subscription.id, given)  # type: ignore[arg-type]  # as each test says

    def record(self, stripe_id: str) -> Any:
        """What the stand-in keeps of a subscription, to be changed as no call of Stripe's can."""
        return self.standin.account.get(SubscriptionRecord, stripe_id)

    def pause_whole(self, subscription: stripe.Subscription) -> None:
        """As Stripe does when a trial ends without anything to pay with."""
        account = self.standin.account
        record = self.record(subscription.id)
        with account.changing(record, "customer.subscription.paused"):
            record.status = "paused"


@pytest.fixture
def scene(session: Session, client: stripe.StripeClient, make: Maker, standin: StandIn) -> Scene:
    customer, price = make.customer(), make.price()
    return Scene(
        client,
        make,
        standin,
        customer,
        price,
        make_organization(session, stripe_customer_id=customer.id),
        make_plan(session, stripe_price_id=price.id),
    )


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

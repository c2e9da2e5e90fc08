"""Events of the stand-in, applied to our rows as the worker applies them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest
import stripe
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.clock import MovableClock
from adminboard.core.errors import DomainError
from adminboard.db.engine import Database
from adminboard.runtime import Runtime
from adminboard.settings import Settings
from adminboard.stripe.gateway import PINNED_VERSION, Patience, StripeGateway
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import Told
from adminboard.webhooks.kinds.registry import KINDS
from tests.clients import SECRET_KEY
from tests.factories import START
from tests.stand_in import API_KEY, Served
from tests.stripe.making import Maker

WORKER = system_actor("webhooks")


@dataclass
class Listener:
    """Applies events one by one; those that fail are kept, to be tried again after the others."""

    runtime: Runtime
    gateway: StripeGateway
    failed: list[Event] = field(default_factory=list)
    errors: list[DomainError] = field(default_factory=list)

    def hear(self, event: Event) -> Told:
        """What the event's kind did. Raises its error, having changed nothing."""
        kind = KINDS[event.type]
        found, state_at = kind.read(event), event.created_at
        while True:
            try:
                with self.runtime.work(WORKER) as work:
                    told = kind.apply(work, event, found, state_at)
                    work.audit("webhooks.apply", Target("billing_event", event.id, event.type), told.summary)
                    return told
            except NeedsFetching as needs:
                found, state_at = kind.fetch(self.gateway, event), needs.state_at

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
def listener(database: Database, clock: MovableClock, served_standin: Served) -> Iterator[Listener]:
    settings = Settings(secret_key=SECRET_KEY)
    runtime = Runtime(settings, database, clock)
    gateway = StripeGateway(served_standin.access, patience=Patience(attempts=1), pause=lambda _: None)
    return Listener(runtime, gateway)


@pytest.fixture
def rows(session: Session) -> Session:
    """What is in the tables, read anew each time."""
    return session

"""Webhooks: signed as Stripe signs, sent again with growing pauses, doubled and shuffled on demand."""

import hashlib
import hmac
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from anyio import to_thread

from adminboard.stripe.fake.account import Account
from adminboard.stripe.fake.records import Event
from adminboard.stripe.fake.shapes import shape

RETRY_AFTER_SECONDS = (60, 300, 1_800, 7_200, 18_000, 36_000, 43_200, 43_200, 43_200)
TIMEOUT_SECONDS = 10
UNREACHABLE = 0

Send = Callable[[str, bytes, dict[str, str]], Awaitable[int]]
"""Posts a body to an address, with headers, and returns the status, or `UNREACHABLE`."""


@dataclass(frozen=True)
class Endpoint:
    url: str
    secret: str
    types: frozenset[str] = frozenset()
    """The types of events it wants; none named are all."""

    def wants(self, event: Event) -> bool:
        return not self.types or event.type in self.types


@dataclass
class Delivery:
    event: Event
    endpoint: Endpoint
    due_at: int
    attempts: int = 0
    last_status: int | None = None


@dataclass
class Webhooks:
    """Which endpoints there are, and what is on its way to them."""

    account: Account
    endpoints: list[Endpoint] = field(default_factory=list)
    waiting: list[Delivery] = field(default_factory=list)
    _seen: int = 0

    def collect(self) -> None:
        """Puts what has happened since on its way."""
        events = list(self.account.events)[self._seen :]
        self._seen += len(events)
        self.waiting += [
            Delivery(event, endpoint, self.account.clock.now())
            for event in events
            for endpoint in self.endpoints
            if endpoint.wants(event)
        ]

    async def deliver(
        self, send: Send, *, copies: int = 1, shuffle: int | None = None, everything: bool = False
    ) -> list[int]:
        """Sends what is due (or everything), each so often, in order or shuffled by a seed.

        Returns the statuses. What was not taken with a status below 300 is tried again later.
        """
        self.collect()
        now = self.account.clock.now()
        due = [delivery for delivery in self.waiting if everything or delivery.due_at <= now]
        sending = [delivery for delivery in due for _ in range(copies)]
        if shuffle is not None:
            random.Random(shuffle).shuffle(sending)  # noqa: S311 - the same order for the same seed
        statuses = [await self._attempt(delivery, send) for delivery in sending]
        for delivery in due:
            self._settle(delivery, now)
        return statuses

    def send_again(self, events: Iterable[Event]) -> None:
        """Puts events on their way once more."""
        now = self.account.clock.now()
        self.waiting += [Delivery(event, endpoint, now) for event in events for endpoint in self.endpoints]

    async def _attempt(self, delivery: Delivery, send: Send) -> int:
        body = json.dumps(shape(delivery.event, self.account)).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": sign(body, delivery.endpoint.secret, int(time.time())),
        }
        delivery.last_status = await send(delivery.endpoint.url, body, headers)
        return delivery.last_status

    def _settle(self, delivery: Delivery, now: int) -> None:
        delivery.attempts += 1
        was_taken = 200 <= (delivery.last_status or UNREACHABLE) < 300
        if was_taken or delivery.attempts > len(RETRY_AFTER_SECONDS):
            self.waiting.remove(delivery)
        else:
            delivery.due_at = now + RETRY_AFTER_SECONDS[delivery.attempts - 1]


def sign(body: bytes, secret: str, moment: int) -> str:
    """The header that proves who sent a body, and when."""
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signature}"


async def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Sends a body over HTTP."""
    return await to_thread.run_sync(_post, url, body, headers)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    request = Request(url, body, headers)  # noqa: S310 - whoever runs the stand-in gives the address
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return UNREACHABLE

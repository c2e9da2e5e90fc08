"""Events as Stripe would send them about the subscriptions of a data set, signed and ready to be posted."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from adminboard.core.clock import SystemClock
from adminboard.demo.stand_in.filling import fill_stand_in
from adminboard.stripe.fake.shapes import shape
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.fake.webhooks import sign
from adminboard.stripe.version import PINNED_VERSION

TYPE = "customer.subscription.updated"
LIVE = ("active", "past_due", "trialing")


@dataclass(frozen=True, slots=True)
class Signed:
    """A whole HTTP request."""

    event_id: str
    request: bytes


class Teller:
    """Tells of seats that change: each event of a subscription is a second later than the one before."""

    def __init__(self, session: Session, webhook_secret: str) -> None:
        standin = StandIn(SystemClock())
        fill_stand_in(session, standin.account)
        live = [item for item in standin.account.subscriptions if item.status in LIVE]
        self._shapes: Sequence[dict[str, Any]] = [
            json.loads(json.dumps(shape(item, standin.account))) for item in live
        ]
        self._secret = webhook_secret
        self._mark = secrets.token_hex(4)
        self._numbers = count()
        self._began = int(time.time())

    @property
    def prefix(self) -> str:
        """What the ids of all its events begin with."""
        return f"evt_{self._mark}"

    def tell(self, how_many: int) -> Iterator[Signed]:
        """So many new events, signed now: they are good for five minutes."""
        signed_at = int(time.time())
        for number, _ in zip(self._numbers, range(how_many), strict=False):
            turn, place = divmod(number, len(self._shapes))
            changed = self._shapes[place]
            changed["items"]["data"][0]["quantity"] = changed["quantity"] = turn % 50 + 1
            event_id = f"{self.prefix}{number:08}"
            body = json.dumps(self._event(event_id, turn, changed)).encode()
            yield Signed(event_id, _post(body, sign(body, self._secret, signed_at)))

    def _event(self, event_id: str, turn: int, changed: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": event_id,
            "object": "event",
            "api_version": PINNED_VERSION,
            "created": self._began + turn,
            "data": {"object": changed, "previous_attributes": {"quantity": 1}},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": TYPE,
        }


def _post(body: bytes, signature: str) -> bytes:
    head = (
        "POST /webhooks/stripe HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"Stripe-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + body

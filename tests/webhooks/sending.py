"""Events as Stripe sends them: made, signed and posted."""

import json
import time
from itertools import count
from typing import Any

from adminboard.stripe.fake.webhooks import sign
from adminboard.stripe.gateway import PINNED_VERSION
from tests.clients import BoardUnderTest
from tests.stand_in import WEBHOOK_SECRET

PATH = "/webhooks/stripe"
_numbers = count(1)


def make_event(event_type: str = "source.chargeable", **changed: Any) -> dict[str, Any]:
    """An event of the pinned version about an object of these fields."""
    return {
        "id": f"evt_made{next(_numbers)}",
        "object": "event",
        "api_version": PINNED_VERSION,
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": None,
        "type": event_type,
        "data": {"object": {"id": f"src_{next(_numbers)}", "object": "source"} | changed},
    }


def sign_now(body: bytes, *, secret: str = WEBHOOK_SECRET, seconds_ago: int = 0) -> dict[str, str]:
    """The headers of a body that was signed just now, or a while ago."""
    return {"Stripe-Signature": sign(body, secret, int(time.time()) - seconds_ago)}


def send_event(board: BoardUnderTest, event: Any) -> Any:
    """Posts it as Stripe does, without anything of a browser."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return board.program_with({}).post(PATH, content=body, headers=sign_now(body))

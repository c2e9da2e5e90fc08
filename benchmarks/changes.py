"""Measuring changes: preview and confirmation of an adjustment, and how many a second."""

import json
import uuid
from collections.abc import Sequence

from benchmarks.client import Answer, Client
from benchmarks.measure import Request
from benchmarks.servers import ADMIN_KEY

HEADERS = {"X-Admin-Key": ADMIN_KEY, "Content-Type": "application/json"}
_BODY = {
    "amount": "1.00",
    "type": "adjustment",
    "reason": "Measured by the benchmark",
    "acknowledge": ["negative_balance"],
}


def previews(user_ids: Sequence[str]) -> list[Request]:
    """A dry run of an adjustment for each user."""
    return [_adjustment(user_id, "?dry_run=true") for user_id in user_ids]


def adjustments(user_ids: Sequence[str]) -> list[Request]:
    """A durable adjustment for each user."""
    return [_adjustment(user_id, "") for user_id in user_ids]


def _adjustment(user_id: str, query: str) -> Request:
    path = f"/v1/admin/users/{user_id}/credit-adjustments{query}"
    body = json.dumps(_BODY).encode()

    def send(client: Client) -> Answer:
        return client.send("POST", path, body, HEADERS | {"Idempotency-Key": uuid.uuid4().hex})

    return send

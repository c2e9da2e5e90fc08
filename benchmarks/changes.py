"""Measuring changes: preview and confirmation of an adjustment, and how many a second."""

import json
import uuid
from collections.abc import Sequence

from benchmarks.client import Answer, Client
from benchmarks.measure import Request
from benchmarks.servers import ADMIN_KEY

_BODY = {
    "amount": "1.00",
    "type": "adjustment",
    "reason": "Measured by the benchmark",
    "acknowledge": ["negative_balance"],
}


def previews(user_ids: Sequence[str]) -> list[Request]:
    """A dry run of an adjustment for each user."""
    return [_adjustment(user_id, "?dry_run=true", ADMIN_KEY) for user_id in user_ids]


def adjustments(user_ids: Sequence[str], key: str = ADMIN_KEY) -> list[Request]:
    """A durable adjustment for each user; a process that was begun anew is told the ``key``."""
    return [_adjustment(user_id, "", key) for user_id in user_ids]


def _adjustment(user_id: str, query: str, key: str) -> Request:
    path = f"/v1/admin/users/{user_id}/credit-adjustments{query}"
    body = json.dumps(_BODY).encode()
    headers = {"X-Admin-Key": key, "Content-Type": "application/json"}

    def send(client: Client) -> Answer:
        return client.send("POST", path, body, headers | {"Idempotency-Key": uuid.uuid4().hex})

    return send

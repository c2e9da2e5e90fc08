"""What happened in Stripe: listed for 30 days, or told by a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import stripe
from stripe.params import EventListParams

from adminboard.stripe.errors import BadSignature
from adminboard.stripe.gateway.reading import moment, read_page
from adminboard.stripe.gateway.translating import reading
from adminboard.stripe.objects import Event, Page

TOLERANCE_SECONDS = 300
"""How old a signature may be."""
NOT_SIGNED = "This was not signed by Stripe with the board's secret, or too long ago."


class Events:
    """``webhook_secrets`` are those that may have signed: two while a new one takes the old one's place."""

    def __init__(self, client: stripe.StripeClient, webhook_secrets: Sequence[str]) -> None:
        self._client = client
        self._webhook_secrets = webhook_secrets

    def read_webhook(self, body: bytes, signature: str | None) -> Event:
        """The event in the raw body of a webhook. Raises `BadSignature` unless Stripe signed it just now."""
        secret = self._get_secret_of(body, signature)
        try:
            event = self._client.construct_event(body, signature, secret, tolerance=TOLERANCE_SECONDS)
        except (ValueError, stripe.SignatureVerificationError) as error:
            raise BadSignature(NOT_SIGNED) from error
        return _read_event(event)

    def check_signature(self, body: bytes, signature: str | None) -> None:
        """The same without reading the event, which takes ten times as long. Raises `BadSignature`."""
        self._get_secret_of(body, signature)

    def _get_secret_of(self, body: bytes, signature: str | None) -> str:
        """The secret that signed it. Raises `BadSignature` where none did."""
        problem: Exception | None = None
        for secret in self._webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(
                    body.decode(), signature or "", secret, TOLERANCE_SECONDS
                )
            except (ValueError, stripe.SignatureVerificationError) as error:
                problem = error
            else:
                return secret
        raise BadSignature(NOT_SIGNED) from problem

    def get(self, event_id: str) -> Event:
        """Raises `NotInStripe` for events of more than 30 days ago."""
        with reading():
            return _read_event(self._client.v1.events.retrieve(event_id))

    def list_page(
        self,
        *,
        since: datetime | None = None,
        types: Sequence[str] = (),
        after: str | None = None,
        limit: int = 100,
    ) -> Page[Event]:
        """Newest first; only those from ``since`` on, and of these at most 20 types."""
        wanted: EventListParams = {"limit": limit}
        if since is not None:
            wanted["created"] = {"gte": int(since.timestamp())}
        if types:
            wanted["types"] = list(types)
        if after:
            wanted["starting_after"] = after
        with reading():
            return read_page(self._client.v1.events.list(wanted), _read_event)


def _read_event(event: stripe.Event) -> Event:
    payload = event.to_dict(for_json=True)
    changed = payload["data"]["object"]
    return Event(
        id=event.id,
        type=event.type,
        created_at=moment(event.created),
        object_id=changed.get("id"),
        object_kind=changed.get("object"),
        payload=payload,
    )

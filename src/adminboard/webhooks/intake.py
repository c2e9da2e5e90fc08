"""Keeping what Stripe sends: many requests are written by one statement and answered after its commit.

A webhook comes alone or by the thousand. While one batch waits or is being committed the next one gathers,
so that the work for each event falls as their number grows. The row that is kept is the queue
(`webhooks.taking`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import fields

import psycopg
from psycopg import errors

from adminboard.core.audit import MAY_BE_WRITTEN, AuditUnavailable
from adminboard.core.errors import DomainError, Unavailable
from adminboard.core.queue import QUEUED_ONCE
from adminboard.db.async_writing import AsyncWriter
from adminboard.runtime import Runtime
from adminboard.webhooks.delivery import Delivery, UnreadableEvent
from adminboard.webhooks.waking import APPLY_EVENTS, PRIORITY

GATHER_SECONDS = 0.015
"""How long the first of a batch waits for others: a statement and a commit cost as much for one event as for
many, and the processors are also the pages'."""
MOST_AT_ONCE = 250
MOST_BYTES_AT_ONCE = 8_000_000
MOST_WAITING_BYTES = 64_000_000
"""More than this is not kept in memory: Stripe sends it again."""
Waiting = tuple[Delivery, asyncio.Future[None]]
UNSTORABLE = (psycopg.DataError, errors.StatementTooComplex, errors.ProgramLimitExceeded)
"""JSON that PostgreSQL does not take, like a null character in a text."""
NOT_KEPT = "The event was not kept. Send it again in a moment."

_COLUMNS = tuple(field.name for field in fields(Delivery))
# Arrays go in binary form ("b"): as text every quote in a payload would have to be escaped.
_KEEP = f"""
WITH trail AS MATERIALIZED (SELECT {MAY_BE_WRITTEN} AS is_open),
kept AS (
    INSERT INTO public.billing_events (
        id, stripe_event_id, event_type, source, organization_id, raw_payload, stripe_customer_id,
        stripe_subscription_id, stripe_invoice_id, stripe_charge_id, stripe_refund_id,
        processing_status, attempts, received_at, next_attempt_at, created_at, updated_at)
    SELECT gen_random_uuid(), sent.event_id, sent.event_type, 'webhook',
        (SELECT id FROM public.organizations WHERE stripe_customer_id = sent.customer_id),
        sent.payload::jsonb, sent.customer_id, sent.subscription_id, sent.invoice_id, sent.charge_id,
        sent.refund_id, 'received', 0, %(now)s, %(now)s, %(now)s, %(now)s
    FROM unnest({", ".join(f"%({name})b::text[]" for name in _COLUMNS)}) AS sent ({", ".join(_COLUMNS)})
    WHERE (SELECT is_open FROM trail)
    ON CONFLICT (stripe_event_id) DO NOTHING
    RETURNING id),
woken AS ({
    QUEUED_ONCE.format(task="%(task)s::text", priority="%(priority)s", condition="EXISTS (SELECT FROM kept)")
})
SELECT is_open FROM trail"""  # noqa: S608 - put together from the board's own words


class IntakeFull(Unavailable):
    """Events come faster than they can be kept."""

    title = "Too many events at once"


class EventsNotKept(Unavailable):
    """The database did not take the events, or did not say whether it did."""

    title = "The database does not answer"


class Intake:
    """What keeps the events of one process; made by `Runtime.lasting`, used in its event loop only."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        assert settings.database_url is not None
        self._clock = runtime.clock
        self._writer = AsyncWriter(
            settings.database_url.get_secret_value(),
            application_name="adminboard webhooks",
            prepare_threshold=settings.prepare_threshold,
        )
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._keeper: asyncio.Task[None] | None = None

    async def keep(self, delivery: Delivery) -> None:
        """Returns when the event is kept, or was known already.

        Raises `AuditUnavailable`, `EventsNotKept`, `IntakeFull`, after which Stripe sends it again, and
        `UnreadableEvent`.
        """
        size = len(delivery.payload)
        if self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise IntakeFull("More events came at once than the board can take. Send this one again.")
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, kept))
        self._waiting_bytes += size
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_waiting())
        await kept

    async def aclose(self) -> None:
        """Whoever still waits is told to send it again."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})
        await self._writer.aclose()

    async def _keep_waiting(self) -> None:
        try:
            while self._waiting:
                if len(self._waiting) < MOST_AT_ONCE:
                    await asyncio.sleep(GATHER_SECONDS)
                batch = self._take_batch()
                try:
                    await self._keep_batch(batch)
                finally:
                    _settle(batch, EventsNotKept(NOT_KEPT))
        finally:
            _settle(self._waiting, EventsNotKept(NOT_KEPT))
            self._waiting.clear()
            self._waiting_bytes, self._keeper = 0, None

    def _take_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE:
            batch.append(self._waiting.popleft())
            size += len(batch[-1][0].payload)
        self._waiting_bytes -= size
        return batch

    async def _keep_batch(self, batch: Sequence[Waiting]) -> None:
        """Events that PostgreSQL does not take are told from the others by trying each alone."""
        try:
            await self._write([delivery for delivery, _ in batch])
        except UNSTORABLE:
            if len(batch) == 1:
                _settle(batch, UnreadableEvent("The event holds text that cannot be kept."))
                return
            for one in batch:
                await self._keep_batch([one])
        except psycopg.Error:
            _settle(batch, EventsNotKept(NOT_KEPT))
        except DomainError as error:
            _settle(batch, error)
        else:
            _settle(batch)

    async def _write(self, deliveries: Sequence[Delivery]) -> None:
        """In the order of ids, so that processes that were sent the same events never wait for each other."""
        ordered = sorted(deliveries, key=lambda delivery: delivery.event_id)
        columns = {name: [getattr(delivery, name) for delivery in ordered] for name in _COLUMNS}
        more = {"now": self._clock.now(), "task": APPLY_EVENTS, "priority": PRIORITY}
        [(is_open,)] = await self._writer.execute(_KEEP, columns | more)
        if not is_open:
            raise AuditUnavailable("The audit log cannot be written, so the event was not kept.")


def _settle(batch: Iterable[Waiting], error: DomainError | None = None) -> None:
    """Answers those that were not answered; who has gone away meanwhile needs none."""
    for _, kept in batch:
        if not kept.done():
            if error is None:
                kept.set_result(None)
            else:
                kept.set_exception(error)

"""Applying events: what Stripe told becomes our rows, each event once (guarantee 7).

Events that can be read as they were sent are applied many in one transaction, which also takes them from the
queue: whoever dies before its commit has done nothing. Those that Stripe must be asked about are claimed
first, asked about outside any transaction, and applied one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from adminboard.billing.mirror.customers_of_ours import find_locked, hold_rows, lock_customers
from adminboard.billing.mirror.mirrored import NeedsFetching
from adminboard.core.actor import system_actor
from adminboard.core.audit import AuditUnavailable
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.queue import queue_once
from adminboard.core.traces import span
from adminboard.core.work import Work, forbid_inside_work
from adminboard.db.reachability import is_database_gone
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.kind import EventKind, Told
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.newest_state import apply_as_it_is_now, find_moment_of_replay
from adminboard.webhooks.outcomes import (
    STRIPE_IS_AWAY,
    audit_applied,
    note_applied,
    note_failure,
    note_ignored,
    note_postponed,
)
from adminboard.webhooks.taking import Taken, claim, holds_claim, take_due, take_named
from adminboard.webhooks.waking import PRIORITY

logger = structlog.get_logger(__name__)
WORKER = system_actor("webhooks")
MOST_AT_ONCE = 50
"""Events of one transaction: it holds their customers until it commits."""
MOST_FETCHED_AT_ONCE = 10
"""Events that one worker claims to ask Stripe about, well within the lease."""
REFUSED_BY_DATABASE = "The database refused what this event would change: it breaks a rule there."
UNKNOWN_FAILURE = "Something went wrong that the board does not know. Its log has the details."


class Read(NamedTuple):
    """An event that a worker has, with the object as it was sent."""

    taken: Taken
    event: Event
    found: Any


class EventApplier:
    """Takes events from the queue and applies them; any number of these may do so at once.

    For a while only: one that found Stripe away does not ask again.
    """

    def __init__(self, runtime: Runtime, kinds: Mapping[str, EventKind] = KINDS) -> None:
        self._runtime = runtime
        self._kinds = kinds
        self._away: TooFast | Unavailable | None = None

    def apply_next(self) -> int:
        """Takes the events that have been due for longest, and applies them; returns how many were taken.

        What is wrong with one of them is noted on its row and leaves the others alone. Raises what makes all
        of them impossible: no database, no audit log.
        """
        forbid_inside_work()
        with self._runtime.work(WORKER) as work:
            due = take_due(work, self._kinds, MOST_AT_ONCE)
            if not due:
                work.abandon()
                return 0
            alone = self._apply_together(work, due)
            lease = claim(work, alone)
            work.keep_events()
        self._apply_each([replace(taken, lease=lease) for taken in alone])
        return len(due)

    def apply_named(self, event_id: UUID) -> None:
        """The one event, where it is due and nobody else has it. Raises as `apply_next`."""
        forbid_inside_work()
        with self._runtime.work(WORKER) as work:
            taken = take_named(work, event_id)
            if taken is None:
                work.abandon()
                return
            work.keep_events()
            if taken.event_type not in self._kinds:
                note_ignored(work, [taken])
                return
            lease = claim(work, [taken])
        self._apply_each([replace(taken, lease=lease)])

    def _apply_together(self, work: Work, due: Sequence[Taken]) -> list[Taken]:
        """Applies what needs nothing but what was sent; returns those that are to be applied one by one.

        The customers are locked first, all in one order: so no two workers wait for each other.
        """
        known = [taken for taken in due if taken.event_type in self._kinds]
        note_ignored(work, [taken for taken in due if taken.event_type not in self._kinds])
        alone = [taken for taken in known if taken.must_fetch]
        if self._away is not None:
            note_postponed(work, alone, self._away.detail, pause_of(self._away))
            alone = []
        sent = [taken for taken in known if not taken.must_fetch]
        lock_customers(work, {taken.customer_id for taken in sent if taken.customer_id})
        done = self._apply_sent(work, [taken for taken in sent if find_locked(work, taken.customer_id)])
        return alone[:MOST_FETCHED_AT_ONCE] + [taken for taken in sent if taken.id not in done]

    def _apply_sent(self, work: Work, events: Sequence[Taken]) -> set[UUID]:
        """The ids of those that could be applied. All are one part of the work, which sends what they change
        together; where anything is wrong with one of them, each is a part by itself."""
        read = self._read(events)
        together = self._attempt(work, read)
        if together is not None:
            return together
        done: set[UUID] = set()
        for one in read:
            done |= self._attempt(work, [one]) or set()
        return done

    def _attempt(self, work: Work, read: Sequence[Read]) -> set[UUID] | None:
        """The ids of those that were applied as one part of the work, without those that Stripe has to be
        asked about; None, and nothing done, where that does not go."""
        try:
            with work.part():
                self._look_up(work, read)
                told = self._apply_read(work, read)
                self._note_applied(work, told)
        except Exception as error:
            if is_database_gone(error):
                raise
            return None
        return {taken.id for taken, _ in told}

    def _read(self, events: Sequence[Taken]) -> list[Read]:
        """Those that can be read as they were sent; what is wrong with the others is told where they are
        applied one by one."""
        read = []
        for taken in events:
            with suppress(Exception):
                event = taken.event
                read.append(Read(taken, event, self._kinds[taken.event_type].read(event)))
        return read

    def _look_up(self, work: Work, read: Sequence[Read]) -> None:
        """Reads what they will look up of their customers, by one statement for each kind of rows."""
        places: dict[InstrumentedAttribute[Any], set[str]] = {}
        for one in read:
            for stripe_id, value in self._kinds[one.taken.event_type].look_up(one.found):
                places.setdefault(stripe_id, set()).add(value)
        for stripe_id, values in places.items():
            hold_rows(work, stripe_id, values)

    def _apply_read(self, work: Work, read: Sequence[Read]) -> list[tuple[Taken, Told]]:
        """What each tells; without those that Stripe has to be asked about, which have changed nothing."""
        done = []
        for taken, event, found in read:
            try:
                with span(f"event {taken.event_type}", SpanKind.CONSUMER):
                    told = self._kinds[taken.event_type].apply(work, event, found, event.created_at)
            except NeedsFetching:
                continue
            audit_applied(work, taken, told)
            done.append((taken, told))
        return done

    def _apply_each(self, events: Sequence[Taken]) -> None:
        """One by one; where Stripe does not answer for one, it is not asked about the others either."""
        for place, taken in enumerate(events):
            try:
                with span(f"event {taken.event_type}", SpanKind.CONSUMER):
                    self._apply_alone(taken)
            except AuditUnavailable:
                raise
            except (TooFast, Unavailable) as error:
                self._away = error
                self._postpone(events[place:], error.detail, pause_of(error))
                return
            except SettingsError as error:
                self._postpone(events[place:], str(error), STRIPE_IS_AWAY)
                return
            except Exception as error:
                if is_database_gone(error):
                    raise
                self._note_failure(taken, error)

    def _apply_alone(self, taken: Taken) -> None:
        """Raises what is wrong with the event."""
        kind, event = self._kinds[taken.event_type], taken.event
        state_at = event.created_at
        if taken.fetch_anew:
            with self._runtime.reading() as session:
                state_at = find_moment_of_replay(session, kind, event)
        found = self._fetch(kind, event) if taken.must_fetch else kind.read(event)
        apply_as_it_is_now(
            found,
            state_at,
            fetch=lambda: self._fetch(kind, event),
            apply=lambda found, state_at: self._write(taken, kind, event, found, state_at),
        )

    def _fetch(self, kind: EventKind, event: Event) -> Any:
        forbid_inside_work()
        if self._away is not None:
            raise self._away
        return kind.fetch(self._runtime.stripe, event)

    def _write(self, taken: Taken, kind: EventKind, event: Event, found: Any, state_at: datetime) -> None:
        """The one transaction of an event: its rows, its own, its entry."""
        with self._runtime.work(WORKER) as work:
            if not holds_claim(work, taken):
                work.abandon()
                return
            told = kind.apply(work, event, found, state_at)
            audit_applied(work, taken, told)
            self._note_applied(work, [(taken, told)])

    def _note_applied(self, work: Work, applied: Sequence[tuple[Taken, Told]]) -> None:
        """What the rows of the events say, and last, since other workers queue the same, what follows."""
        note_applied(work, applied)
        kinds = [(taken.event_type, self._kinds[taken.event_type]) for taken, _ in applied]
        for task in sorted({kind.afterwards[name] for name, kind in kinds if name in kind.afterwards}):
            queue_once(work, task, priority=PRIORITY)

    def _note_failure(self, taken: Taken, error: Exception) -> None:
        if not isinstance(error, DomainError):
            logger.error("event_failed", billing_event=str(taken.id), type=taken.event_type, exc_info=error)
        with self._runtime.work(WORKER) as work:
            if holds_claim(work, taken):
                note_failure(work, taken, sentence_of(error))
            else:
                work.abandon()

    def _postpone(self, events: Sequence[Taken], sentence: str, pause: timedelta) -> None:
        """Those that Stripe need not be asked about are due again as soon as the others."""
        with self._runtime.work(WORKER) as work:
            mine = [taken for taken in events if holds_claim(work, taken)]
            note_postponed(work, mine, sentence, pause)


def pause_of(error: TooFast | Unavailable) -> timedelta:
    """Until Stripe is asked about an event again."""
    return max(STRIPE_IS_AWAY, timedelta(seconds=error.retry_after_seconds))


def sentence_of(error: Exception) -> str:
    """What went wrong, for the admin; nothing of what the board does not know."""
    if isinstance(error, DomainError):
        return error.detail
    return REFUSED_BY_DATABASE if isinstance(error, IntegrityError | DataError) else UNKNOWN_FAILURE

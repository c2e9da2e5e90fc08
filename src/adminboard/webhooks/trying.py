"""Trying an event: what applying it now would change, found by doing so and taking it back.

So the preview of a replay says what the worker will do, without rules of its own that could differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from adminboard.billing.event_models import BillingEvent
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.work import forbid_inside_work
from adminboard.db.reachability import is_database_gone
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.objects import Event
from adminboard.webhooks.applying import WORKER, sentence_of
from adminboard.webhooks.changed_fields import ChangedField, list_changed_fields
from adminboard.webhooks.kinds.kind import EventKind
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.newest_state import apply_as_it_is_now, find_moment_of_replay
from adminboard.webhooks.taking import Taken

logger = structlog.get_logger(__name__)
ROWS_ARE_HELD = "Somebody else is changing the same rows just now."


@dataclass(frozen=True, slots=True)
class Tried:
    """What applying an event would do now: which fields of its object's row change, and the sentences of what
    follows from it by rules of the board's own.

    ``summary`` is the sentence of the log about the event itself, so that it is clear what the fields are of.
    ``failure`` says why it would fail; ``unknown`` why it cannot be told. Then there are no others.
    ``shown_at`` is the moment of the state that the row showed.
    """

    fields: tuple[ChangedField, ...] = ()
    following: tuple[str, ...] = ()
    failure: str | None = None
    unknown: str | None = None
    shown_at: datetime | None = None
    summary: str | None = None
    is_in_step: bool = False
    """Whether nothing would change at all."""

    def without_values(self) -> Tried:
        """For who may see no personal data: which fields change, as in the log."""
        fields = tuple(replace(field, before=None, after=None) for field in self.fields)
        return replace(self, fields=fields, following=(), summary=None)


def try_event(runtime: Runtime, event_id: UUID) -> Tried:
    """Asks Stripe how the event's object stands, and applies that in a transaction that is rolled back."""
    forbid_inside_work()
    shown_at = None
    try:
        with runtime.reading() as session:
            event = read_event(session, event_id)
            kind = KINDS[event.type]
            shown_at = find_moment_of_replay(session, kind, event)
        return _try(runtime, kind, event, shown_at)
    except (TooFast, Unavailable) as error:
        return Tried(unknown=error.detail, shown_at=shown_at)
    except SettingsError as error:
        return Tried(unknown=str(error), shown_at=shown_at)
    except OperationalError as error:
        if is_database_gone(error):
            raise
        return Tried(unknown=ROWS_ARE_HELD, shown_at=shown_at)
    except Exception as error:
        if is_database_gone(error):
            raise
        if not isinstance(error, DomainError):
            logger.exception("trying_event_failed", billing_event=str(event_id))
        return Tried(failure=sentence_of(error), shown_at=shown_at)


def read_event(session: Session, event_id: UUID) -> Event:
    """The event as it was sent."""
    wanted = select(BillingEvent.event_type, BillingEvent.raw_payload).where(BillingEvent.id == event_id)
    row = session.execute(wanted).one()
    return Taken(event_id, row.event_type, None, 0, True, row.raw_payload).event


def _try(runtime: Runtime, kind: EventKind, event: Event, shown_at: datetime) -> Tried:
    def fetch() -> Any:
        return kind.fetch(runtime.stripe, event)

    def apply(found: Any, state_at: datetime) -> Tried:
        with runtime.work(WORKER) as work:
            told = kind.apply(work, event, found, state_at)
            work.session.flush()
            fields = tuple(list_changed_fields(told.before, told.after))
            tried = Tried(
                fields,
                work.sentences,
                shown_at=shown_at,
                summary=told.summary.strip(),
                is_in_step=not (fields or work.sentences),
            )
            work.abandon()
        return tried

    return apply_as_it_is_now(fetch(), shown_at, fetch=fetch, apply=apply)

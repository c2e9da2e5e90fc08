"""Trying an event: what applying it now would change, found by doing so and taking it back.

So the preview of a replay says what the worker will do, without rules of its own that could differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from adminboard.billing.event_models import BillingEvent
from adminboard.core.errors import DomainError, TooFast, Unavailable
from adminboard.core.work import forbid_inside_work
from adminboard.runtime import Runtime
from adminboard.settings import SettingsError
from adminboard.stripe.objects import Event
from adminboard.webhooks.applying import WORKER, sentence_of
from adminboard.webhooks.kinds.kind import EventKind, Told
from adminboard.webhooks.kinds.registry import KINDS
from adminboard.webhooks.newest_state import apply_as_it_is_now, find_moment_of_replay
from adminboard.webhooks.taking import Taken

NONE = "none"


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field that would change, in the words that stand in its row. ``before`` is None in a new row."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What applying an event would do now: the fields it changes, and the sentences of whatever else follows.

    ``failure`` says why it would fail again; ``unknown`` why it cannot be told. Then there are no others.
    """

    fields: tuple[ChangedField, ...] = ()
    following: tuple[str, ...] = ()
    failure: str | None = None
    unknown: str | None = None

    @property
    def changes_nothing(self) -> bool:
        return self == Tried()


def try_event(runtime: Runtime, event_id: UUID) -> Tried:
    """Asks Stripe how the event's object stands, and applies that in a transaction that is rolled back."""
    forbid_inside_work()
    with runtime.reading() as session:
        [row] = session.execute(
            select(BillingEvent.event_type, BillingEvent.raw_payload).where(BillingEvent.id == event_id)
        )
    event = Taken(event_id, row.event_type, None, 0, True, row.raw_payload).event
    try:
        return _try(runtime, KINDS[row.event_type], event)
    except (TooFast, Unavailable) as error:
        return Tried(unknown=error.detail)
    except SettingsError as error:
        return Tried(unknown=str(error))
    except (DomainError, IntegrityError, DataError) as error:
        return Tried(failure=sentence_of(error))


def _try(runtime: Runtime, kind: EventKind, event: Event) -> Tried:
    def fetch() -> Any:
        return kind.fetch(runtime.stripe, event)

    def apply(found: Any, state_at: datetime) -> Tried:
        with runtime.work(WORKER) as work:
            told = kind.apply(work, event, found, state_at)
            work.session.flush()
            tried = Tried(_list_fields(told), work.sentences)
            work.abandon()
        return tried

    with runtime.reading() as session:
        state_at = find_moment_of_replay(session, kind, event)
    return apply_as_it_is_now(fetch(), state_at, fetch=fetch, apply=apply)


def _list_fields(told: Told) -> tuple[ChangedField, ...]:
    names = [name for name in told.after if told.before.get(name) != told.after[name]]
    return tuple(ChangedField(name, _say_before(told.before, name), _say(told.after[name])) for name in names)


def _say_before(before: Mapping[str, Any], name: str) -> str | None:
    return _say(before[name]) if name in before else None


def _say(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return str(value.value if isinstance(value, Enum) else value).replace("_", " ")

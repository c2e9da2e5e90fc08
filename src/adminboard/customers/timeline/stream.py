"""One page of a customer's timeline: the keys of all sources merged in one statement, then the lines of
each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from adminboard.core.masking import masked_for
from adminboard.core.work import reader
from adminboard.customers.timeline.entries import Entry, Kind
from adminboard.customers.timeline.places import Place
from adminboard.customers.timeline.searching import Key, Search, find_keys
from adminboard.customers.timeline.sources import sources_for

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks of a timeline: lines of these kinds (all where none is named), from ``since`` on and
    before ``until``, beyond a place."""

    kinds: frozenset[Kind] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    place: Place | None = None
    limit: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, newest first, as their reader may see them; the cursors are None where nothing is beyond."""

    entries: Sequence[Entry]
    next_cursor: str | None
    previous_cursor: str | None


def load_timeline(session: Session, customer: UUID, question: Question) -> Page:
    """The page for the session's reader: its keys (`find_keys`), and one statement for each source that is on
    it.

    What its reader may not read is left out, whatever is asked. Rows that come or go meanwhile move nothing
    else: no line is on two pages, and none that was there all the time is on none.
    """
    asked = question.kinds or frozenset(Kind)
    sources = [source for source in sources_for(reader(session)) if source.kind in asked]
    search = Search(customer, question.place, question.since, question.until, question.limit + 1)
    keys, backward = find_keys(session, sources, search), search.backward
    has_more, keys = len(keys) > question.limit, keys[: question.limit]
    if backward:
        keys.reverse()
    has_next = bool(keys) and (has_more or backward)
    has_previous = bool(keys) and question.place is not None and (has_more or not backward)
    return Page(
        _load_entries(session, keys),
        keys[-1].beyond(backward=False) if has_next else None,
        keys[0].beyond(backward=True) if has_previous else None,
    )


def _load_entries(session: Session, keys: Sequence[Key]) -> list[Entry]:
    """The lines in the order of their keys; a row that was removed a moment ago has none."""
    actor = reader(session)
    lines: dict[tuple[str, UUID], Entry] = {}
    for source in dict.fromkeys(key.source for key in keys):
        ids = [key.id for key in keys if key.source is source]
        lines |= {(source.name, entry.id): entry for entry in source.load(session, ids)}
    places = [(key.source.name, key.id) for key in keys]
    return [masked_for(actor, lines[place]) for place in places if place in lines]

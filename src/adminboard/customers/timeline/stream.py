"""One page of a customer's timeline: the keys of all sources merged in one statement, then the lines of
each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, literal, select, union_all
from sqlalchemy.orm import Session

from adminboard.core.masking import masked_for
from adminboard.core.work import reader
from adminboard.customers.timeline.entries import Entry, Kind
from adminboard.customers.timeline.places import Place, find_stretch
from adminboard.customers.timeline.sources import NAMES, RANKS, SOURCES, Source, sources_for
from adminboard.customers.timeline.walking import ROWS, Walk

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


@dataclass(frozen=True, slots=True)
class _Key:
    at: datetime
    source: Source
    id: UUID

    def beyond(self, *, backward: bool) -> str:
        return Place(self.at, self.source.name, self.id, backward).encode()


def load_timeline(session: Session, customer: UUID, question: Question) -> Page:
    """The page for the session's reader: one statement for its keys, and one for each source that is on it.

    What its reader may not read is left out, whatever is asked. Rows that come or go meanwhile move nothing
    else: no line is on two pages, and none that was there all the time is on none.
    """
    keys = _find_keys(session, customer, question)
    backward = question.place is not None and question.place.backward
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


def _find_keys(session: Session, customer: UUID, question: Question) -> list[_Key]:
    """The keys of one row more than the page has, in the direction of travel."""
    asked = question.kinds or frozenset(Kind)
    sources = [source for source in sources_for(reader(session)) if source.kind in asked]
    if not sources:
        return []
    backward = question.place is not None and question.place.backward
    values: dict[str, Any] = {"customer": customer, "rows": question.limit + 1}
    for source in sources:
        stretch = find_stretch(source.name, NAMES, question.place, question.since, question.until)
        values |= Walk(source.name, backward).values_of(stretch)
    statement = merge(tuple(source.name for source in sources), backward)
    return [_Key(row.at, SOURCES[row.rank], row.id) for row in session.execute(statement, values)]


@lru_cache(maxsize=500)
def merge(names: tuple[str, ...], backward: bool) -> Select[Any]:
    """The statement for these sources, made once: each gives at most a page, and then they are merged."""
    walks = []
    for name in names:
        found = SOURCES[RANKS[name]].find(Walk(name, backward)).subquery(f"{name}_found")
        walks.append(select(found.c.at, literal(RANKS[name], Integer).label("rank"), found.c.id))
    merged = union_all(*walks).subquery("merged")
    walk = Walk("merged", backward)
    order = walk.ordered(merged.c.at, merged.c.rank, merged.c.id)
    return select(merged.c.at, merged.c.rank, merged.c.id).order_by(*order).limit(ROWS)


def _load_entries(session: Session, keys: Sequence[_Key]) -> list[Entry]:
    """The lines in the order of their keys; a row that was removed a moment ago has none."""
    actor = reader(session)
    lines: dict[tuple[str, UUID], Entry] = {}
    for source in dict.fromkeys(key.source for key in keys):
        ids = [key.id for key in keys if key.source is source]
        lines |= {(source.name, entry.id): entry for entry in source.load(session, ids)}
    places = [(key.source.name, key.id) for key in keys]
    return [masked_for(actor, lines[place]) for place in places if place in lines]

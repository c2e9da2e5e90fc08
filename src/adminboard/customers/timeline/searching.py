"""The keys of one page of a timeline, merged from all sources in as few and as bounded statements as can
be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from adminboard.customers.timeline.gathering import Hunt
from adminboard.customers.timeline.places import Place, Stretch, clip_stretch, find_stretch
from adminboard.customers.timeline.sources import MEMBERS, NAMES, RANKS, SOURCES, Source
from adminboard.customers.timeline.walking import ROWS, Keys, Walk, look_up, walk_along

FEW_MEMBERS = 300
"""Of a customer with no more, each one's newest row is looked up at once."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where one line is, and of which row it is made."""

    at: datetime
    source: Source
    id: UUID

    @property
    def order(self) -> tuple[datetime, int, UUID]:
        return self.at, RANKS[self.source.name], self.id

    def beyond(self, *, backward: bool) -> str:
        """The cursor of the place just beyond this line."""
        return Place(self.at, self.source.name, self.id, backward).encode()


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: ``rows`` lines of a customer beyond a place, from ``since`` on and before
    ``until``."""

    customer: UUID
    place: Place | None
    since: datetime | None
    until: datetime | None
    rows: int

    @property
    def backward(self) -> bool:
        return self.place is not None and self.place.backward

    def stretch(self, source: Source) -> Stretch:
        return find_stretch(source.name, NAMES, self.place, self.since, self.until)

    def nearest(self, keys: Sequence[Key]) -> list[Key]:
        """The first of these in the direction of travel."""
        return sorted(keys, key=lambda key: key.order, reverse=not self.backward)[: self.rows]


def find_keys(session: Session, sources: Sequence[Source], search: Search) -> list[Key]:
    """The keys in the direction of travel.

    With few members two statements find everything. With many, the customer's own rows come first, and then
    each source through members (`gathering`), no farther than to the end of the page as it is by then.
    """
    if not sources:
        return []
    own = [source for source in sources if source.owners is None]
    through = [source for source in sources if source.owners is not None]
    members = _count_members(session, search.customer) if through else 0
    if members <= FEW_MEMBERS:
        return _merge_all(session, sources, search)
    found = _merge_all(session, own, search) if own else []
    for source in through:
        end = found[-1].at if len(found) == search.rows else None
        stretch = clip_stretch(search.stretch(source), end, backward=search.backward)
        hunt = Hunt(session, source, search.customer, members, search.rows, search.backward)
        met = [Key(at, source, key) for at, key in hunt.find(stretch, is_short=end is not None)]
        found = search.nearest([*found, *met])
    return found


def _count_members(session: Session, customer: UUID) -> int:
    counted = select(func.count()).select_from(MEMBERS.subquery())
    return session.scalar(counted, {"customer": customer}) or 0


def _merge_all(session: Session, sources: Sequence[Source], search: Search) -> list[Key]:
    values: dict[str, Any] = {"customer": search.customer, "rows": search.rows}
    for source in sources:
        values |= Walk(source.name, search.backward).values_of(search.stretch(source))
    statement = _merge(tuple(source.name for source in sources), search.backward)
    return [Key(row.at, SOURCES[row.rank], row.id) for row in session.execute(statement, values)]


@lru_cache(maxsize=500)
def _merge(names: tuple[str, ...], backward: bool) -> Select[Any]:
    """The statement for these sources, made once: each gives at most a page, and then they are merged."""
    walks = []
    for name in names:
        found = _find(SOURCES[RANKS[name]], backward).subquery(f"{name}_found")
        walks.append(select(found.c.at, literal(RANKS[name], Integer).label("rank"), found.c.id))
    merged = union_all(*walks).subquery("merged")
    rows = select(merged.c.at, merged.c.rank, merged.c.id)
    order = Walk("merged", backward).ordered(merged.c.at, merged.c.rank, merged.c.id)
    return rows.order_by(*order).limit(ROWS)


@lru_cache(maxsize=50)
def _find(source: Source, backward: bool) -> Keys:
    walk = Walk(source.name, backward)
    return (
        walk_along(walk, source.table)
        if source.owners is None
        else look_up(walk, source.owners, source.table)
    )

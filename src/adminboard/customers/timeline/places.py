"""Places in a timeline, and the stretch of it that a page is looked for in.

The order is by time, then by source, then by id: that of no two lines is the same, so a place is just before
or just after one line whatever is added elsewhere. Each source knows its rows by (time, id) only;
`find_stretch` says for each which of its rows lie beyond a place, so that one comparison of rows, and one
index, finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, Text

from adminboard.core.listings.keyset import Cursor, DamagedCursor, decode_cursor

FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
LONG_AGO, FAR_AHEAD = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)
"""The least by which two times differ in PostgreSQL."""
_ORDER = "timeline"


@dataclass(frozen=True, slots=True)
class Place:
    """Just before the line of this time, source and id in the order of time, or with ``backward`` just after:
    where the older lines begin, or the newer ones."""

    at: datetime
    source: str
    id: UUID
    backward: bool = False

    def encode(self) -> str:
        """The place as a cursor."""
        return Cursor(_ORDER, self.at, f"{self.source}:{self.id}", self.backward).encode()


@dataclass(frozen=True, slots=True)
class Stretch:
    """The rows of one source between two of (time, id), neither of them included."""

    after: tuple[datetime, UUID]
    before: tuple[datetime, UUID]


def read_place(cursor: str, sources: Sequence[str]) -> Place:
    """The place a cursor names. Raises `DamagedCursor`."""
    read = decode_cursor(cursor, _ORDER, DateTime(timezone=True), Text())
    source, _, id_text = read.key.partition(":")
    try:
        is_real = source in sources and LONG_AGO < read.value < FAR_AHEAD
        place = Place(read.value, source, UUID(id_text), read.backward) if is_real else None
    except (TypeError, ValueError):
        place = None
    if place is None:
        raise DamagedCursor("This page link is damaged. Start at the newest.")
    return place


def find_stretch(
    source: str, sources: Sequence[str], place: Place | None, since: datetime | None, until: datetime | None
) -> Stretch:
    """The rows of a source that lie beyond a place, from ``since`` on and before ``until``.

    Of two lines of the same time the one whose source comes later in ``sources`` is the newer.
    """
    after = (since - TICK, LAST_ID) if since is not None else (LONG_AGO, FIRST_ID)
    before = (until, FIRST_ID) if until is not None else (FAR_AHEAD, FIRST_ID)
    if place is None:
        return Stretch(after, before)
    rank, here = sources.index(source), sources.index(place.source)
    if rank == here:
        edge = (place.at, place.id)
    elif rank < here:
        # All of this source's rows of that very time are older than the line.
        edge = (place.at, LAST_ID) if place.backward else (place.at + TICK, FIRST_ID)
    else:
        edge = (place.at - TICK, LAST_ID) if place.backward else (place.at, FIRST_ID)
    return Stretch(max(after, edge), before) if place.backward else Stretch(after, min(before, edge))


def clip_stretch(stretch: Stretch, end: datetime | None, *, backward: bool) -> Stretch:
    """The stretch no farther than to the moment ``end``, that included, in the direction of travel."""
    if end is None:
        return stretch
    if backward:
        return Stretch(stretch.after, min(stretch.before, (end + TICK, FIRST_ID)))
    return Stretch(max(stretch.after, (end - TICK, LAST_ID)), stretch.before)

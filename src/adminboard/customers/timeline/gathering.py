"""The rows of a source that belong to many members, found without asking for each of them.

A few members tell how far back a page reaches. Within that stretch it is either everybody's rows that are
asked whose they are, where these are few, or the members' that are gathered (docs/adr/0016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnySelect
from adminboard.customers.timeline.places import Stretch, clip_stretch
from adminboard.customers.timeline.sources import Source
from adminboard.customers.timeline.walking import (
    SOME_MEMBERS,
    Keys,
    Walk,
    count_all,
    gather,
    look_up,
    meet,
    sample,
    sift,
)

EXPECTED = 200
"""A stretch should hold so many rows of the members: a page with plenty to spare, read in a millisecond."""
MOST_MET = 500
"""Up to so many rows of everybody are asked one by one whose they are."""
MOST_SIFTED = 20_000
"""Up to so many rows of everybody are sifted. Where there are more, the members' own are gathered at less
cost."""
PROBED = 2_000
"""So many rows of everybody are counted first; the rest of up to `MOST_SIFTED` only where `FAR` leaves that
open."""
FAR = 30
"""A stretch surely has more rows than can be sifted where what is left of it after the `PROBED` first is more
than so many times as long as these fill."""
MOST_GATHERED = 20_000
"""At most so many of the members' own rows are read, in case a few of them do so much that those who were
asked are no measure."""

Row = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Statements:
    """What is asked of one source in one direction."""

    sample: Select[Any]
    count: Select[Any, Any, Any]
    meet: Keys
    sift: Keys
    gather: Keys
    look_up: Keys


@lru_cache(maxsize=50)
def _statements(source: Source, backward: bool) -> Statements:
    """Made once."""
    walk, table, owners = Walk(source.name, backward), source.table, source.owners
    assert owners is not None
    return Statements(
        sample(walk, owners, table),
        count_all(walk, table),
        meet(walk, owners, table),
        sift(walk, owners, table),
        gather(walk, owners, table),
        look_up(walk, owners, table),
    )


@dataclass(frozen=True, slots=True)
class Hunt:
    """The search for the nearest ``rows`` of a source that are of a customer with so many ``members``."""

    session: Session
    source: Source
    customer: UUID
    members: int
    rows: int
    backward: bool

    def find(self, stretch: Stretch, *, is_short: bool) -> Sequence[Row]:
        """The rows as (at, id), in the direction of travel. Two or three statements; one or two more where
        the members who are asked are no measure for the others.

        ``is_short`` says that the stretch is a page long already, going by what else is on it.
        """
        page, near = (stretch, None) if is_short else self._find_ends(stretch)
        crowd = self._count_crowd(page)
        if crowd is not None:
            found = self._pass_all(stretch, crowd)
            if len(found) == self.rows or page == stretch:
                return _places_of(found)
        return _places_of(self._gather(near or self._find_ends(stretch)[1], stretch))

    def _count_crowd(self, page: Stretch) -> int | None:
        """How many rows of everybody are in the stretch, None for more than can be sifted. Where a few fill
        next to nothing of it, the others are not counted: that there are too many is a guess, which costs
        only time when it is wrong."""
        counted = self._execute(self._asks.count, page, passed=PROBED + 1)[0]
        if counted.rows > PROBED:
            left = page.before[0] - counted.last if self.backward else counted.first - page.after[0]
            if left > FAR * (counted.last - counted.first):
                return None
            counted = self._execute(self._asks.count, page, passed=MOST_SIFTED + 1)[0]
        return int(counted.rows) if counted.rows <= MOST_SIFTED else None

    @property
    def _asks(self) -> Statements:
        return _statements(self.source, self.backward)

    def _find_ends(self, stretch: Stretch) -> tuple[Stretch, Stretch]:
        """Where the page seems to end, and where `EXPECTED` rows are, going by some of the members: so much
        of the stretch, or all of it where it seems to have fewer."""
        asked = min(SOME_MEMBERS, self.members)
        share = [-(-rows * asked // self.members) for rows in (self.rows, max(EXPECTED, self.rows))]
        met = self._execute(self._asks.sample, stretch, sampled=share[1])
        ends = [met[number - 1].at if number <= len(met) else None for number in share]
        page, near = (clip_stretch(stretch, end, backward=self.backward) for end in ends)
        return page, near

    def _pass_all(self, stretch: Stretch, crowd: int) -> Sequence[Any]:
        """The nearest rows of the members among everybody's. Twice as many as were counted are passed, since
        the page may end later than it seems, and rows may have been added meanwhile."""
        if crowd <= MOST_MET:
            return self._execute(self._asks.meet, stretch, passed=2 * MOST_MET)
        return self._execute(self._asks.sift, stretch, passed=2 * MOST_SIFTED)

    def _gather(self, near: Stretch, stretch: Stretch) -> Sequence[Any]:
        """The nearest rows of the members among all that they have near by, or else those of each."""
        found = self._execute(self._asks.gather, near, passed=MOST_GATHERED)
        is_whole = not found or found[0].read < MOST_GATHERED
        if is_whole and (len(found) == self.rows or near == stretch):
            return found
        return self._execute(self._asks.look_up, stretch)

    def _execute(self, statement: AnySelect, stretch: Stretch, **values: int) -> Sequence[Any]:
        places = Walk(self.source.name, self.backward).values_of(stretch)
        known = {"customer": self.customer, "rows": self.rows, **places, **values}
        return self.session.execute(statement, known).all()


def _places_of(found: Sequence[Any]) -> Sequence[Row]:
    return [(row.at, row.id) for row in found]

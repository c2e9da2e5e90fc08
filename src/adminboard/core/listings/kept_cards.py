"""Figures above a list that take too long to count while someone waits, kept by the clock.

Adding up millions of rows takes seconds. Of a large list those of the whole are therefore kept, and those of
each part that one of its cards leads to: what nearly everybody looks at. Any other part is counted when it is
asked for, and so is everything while the list is small or nobody keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adminboard.core.listings.listing import Listing
from adminboard.core.listings.query import ListQuery
from adminboard.core.models import KeptCards
from adminboard.core.work import Work, moment

KEPT_FROM = 100_000
"""Rows in the table of a list. Fewer are counted in some 50 ms."""
GOOD_FOR = timedelta(minutes=15)
"""After so long nobody seems to keep them, and what takes seconds is better than what is wrong."""
_ROWS = "SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:table AS regclass)"


def parts_of(listing: Listing) -> Sequence[str]:
    """The queries whose figures are kept: of nothing, for the whole, and of each card."""
    return list(dict.fromkeys(["", *(card.query for card in listing.cards)]))


def find_kept(
    session: Session, listing: Listing, query: ListQuery
) -> tuple[Mapping[str, Any], datetime] | None:
    """The figures of what the query asks for and when they were counted; None where they are to be counted
    now."""
    part = _name_part(query)
    if not listing.keeps_cards or part not in {_spell(parse_qs(kept)) for kept in parts_of(listing)}:
        return None
    kept = session.execute(
        select(KeptCards.figures, KeptCards.counted_at).where(
            KeptCards.listing == listing.name,
            KeptCards.part == part,
            KeptCards.counted_at > moment(session) - GOOD_FOR,
        )
    ).one_or_none()
    if kept is None or kept.figures.keys() != {card.name for card in listing.cards}:
        return None
    return kept.figures, kept.counted_at


def is_large(session: Session, listing: Listing) -> bool:
    """Whether the list's table has so many rows that its figures are to be kept, as of its last ANALYZE."""
    table = listing.key.table.fullname
    return (session.scalar(text(_ROWS), {"table": table}) or 0) > KEPT_FROM


def keep_figures_of(work: Work, listing: Listing, part: str, figures: Mapping[str, Any]) -> None:
    """Keeps the figures of one of `parts_of`, which are whole numbers, amounts by currency or nothing."""
    values = {"figures": dict(figures), "counted_at": work.now()}
    statement = insert(KeptCards).values(listing=listing.name, part=_spell(parse_qs(part)), **values)
    work.session.execute(
        statement.on_conflict_do_update(index_elements=[KeptCards.listing, KeptCards.part], set_=values)
    )


def _name_part(query: ListQuery) -> str | None:
    """How the part of the list that a query asks for is called, whatever its order and page; None where it is
    a search, or of a reader who does not see all."""
    if query.term or query.scope:
        return None
    return _spell({name: values for item in query.conditions for name, values in item.parameters.items()})


def _spell(parameters: Mapping[str, Sequence[str]]) -> str:
    return urlencode(sorted((name, sorted(values)) for name, values in parameters.items()), doseq=True)

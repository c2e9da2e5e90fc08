"""Searching along the sort at once, for terms so common that a page is full after some thousand rows.

Probing for such a term costs more than the page: it reads thousands of matches only to learn that there are
many. How common a term is the planner knows well enough; where it is wrong, what was checked was in vain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnyRow, AnySelect
from adminboard.core.listings.estimates import estimate_rows
from adminboard.core.listings.joins import tables_of
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.search import Search
from adminboard.core.listings.walks import ROW_LIMIT, Way, check_first, checking

COMMON = 6_000
"""Records that a term is expected to find: of a million more than six in a thousand."""
CHECKED_ROWS = 6_000


def look_ahead(
    session: Session, listing: Listing, query: ListQuery, way: Way, values: Mapping[str, Any]
) -> Sequence[AnyRow] | None:
    """The first rows on the way that match, as many as ``values`` ask for; None where that is not known so
    soon. ``values`` are `walks.place_values`."""
    search = listing.search
    if search is None or not query.term or query.conditions or query.scope or not _asks_others(search):
        return None
    check = _check(listing, search, query)
    if check is None or _expect(session, listing, search, query) < COMMON:
        return None
    found = session.execute(check_first(listing, way, (), check), checking(values, CHECKED_ROWS)).all()
    return found if len(found) >= values[ROW_LIMIT] else None


def _asks_others(search: Search) -> bool:
    """Whether other tables are searched: what is found in the list's own is probed quickly."""
    others = search.related is not None or any(source.through is not None for source in search.sources)
    return others and not any(source.slow_to_check for source in search.sources)


def _check(listing: Listing, search: Search, query: ListQuery) -> ColumnElement[bool] | None:
    joined = tables_of(listing.select)
    own = search.check(query.term, listing.key, exact=query.masked, joined=joined)
    related = search.related.check(query.term, exact=query.masked) if search.related else None
    checks = [check for check in (own, related) if check is not None]
    return or_(*checks) if checks else None


def _expect(session: Session, listing: Listing, search: Search, query: ListQuery) -> int:
    found = search.find(query.term, listing.key, exact=query.masked)
    if search.related is not None:
        found += search.related.search.find(query.term, search.related.key, exact=query.masked)
    # The rows alone, since keys of a list can be of another type than those of the records it is searched by.
    rows: list[AnySelect] = [select(literal_column("1")).select_from(item.subquery()) for item in found]
    return estimate_rows(session, union_all(*rows), {"now": None})

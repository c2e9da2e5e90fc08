"""Searching along the sort at once, for terms so common that a page is full after some thousand rows.

Where other tables are searched, probing for such a term costs more than the page: it reads thousands of
matches only to learn that there are many. How common a term is the planner is asked then; where it takes a
rare one for common, what was checked was in vain. It rather errs the other way, and expects a hundredth of a
common name, so that it would fetch and sort all there are. So what a probe found to be many is looked for
along the sort as well, before anything else.
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

COMMON = 12_000
"""Records that a term is expected to find: of a million more than every hundredth."""
CHECKED_ROWS = 6_000


def is_expected_common(session: Session, listing: Listing, query: ListQuery) -> bool:
    """Whether a page should be full soon by the planner's word, asked where probing is dear."""
    search = listing.search
    if search is None or not _is_search_alone(query) or not _asks_others(search):
        return False
    return _expect(session, listing, search, query) >= COMMON


def look_ahead(
    session: Session, listing: Listing, query: ListQuery, way: Way, values: Mapping[str, Any]
) -> Sequence[AnyRow] | None:
    """The first rows on the way that match, as many as ``values`` ask for; None where that is not known so
    soon. ``values`` are `walks.place_values`."""
    check = _check(listing, query) if _is_search_alone(query) else None
    if check is None:
        return None
    found = session.execute(check_first(listing, way, (), check), checking(values, CHECKED_ROWS)).all()
    return found if len(found) >= values[ROW_LIMIT] else None


def _is_search_alone(query: ListQuery) -> bool:
    """Whether each row on the way may be found: few may be where there are filters, and the way long."""
    return bool(query.term) and not query.conditions and not query.scope


def _asks_others(search: Search) -> bool:
    """Whether other tables are searched: what is found in the list's own is probed quickly."""
    others = search.related is not None or any(source.through is not None for source in search.sources)
    return others and not any(source.slow_to_check for source in search.sources)


def _check(listing: Listing, query: ListQuery) -> ColumnElement[bool] | None:
    search = listing.search
    if search is None:
        return None
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
    return estimate_rows(session, union_all(*rows), {"now": None}) if rows else 0

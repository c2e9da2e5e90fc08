"""Which rows a query is about, as conditions: for all of them at once, and for a row that a walk meets.

A filter or a search that asks other tables is probed first, since a walk along the sort order must not look
for rows of which there are next to none, nor must all of very many be gathered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_, true, union_all
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import is_any
from adminboard.core.listings.estimates import estimate_rows
from adminboard.core.listings.filters import Condition
from adminboard.core.listings.joins import tables_of
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.related_search import MOST_RECORDS, Related, gather_few
from adminboard.core.listings.search import PROBE_LIMIT, Search
from adminboard.core.work import moment
from adminboard.db.engine import planned_anew

MOST_HELD = 100_000
"""Of records that a search is expected to find: more do not fit into the memory of a set."""
MOST_GATHERED = 60_000
"""Of keys that a filter's probe finds: so many PostgreSQL holds in a set that each row on a walk is looked up
in, which is quicker than joining the row. More are taken to fill a page soon."""


@dataclass(frozen=True, eq=False, slots=True)
class Matches:
    """The condition of a query; ``known`` is the number of matches when the search found few.

    ``walking`` is the same condition as a walk along a sort checks it, row by row, ``gathering`` as all that
    match are gathered: from what the probes find.
    ``text`` is the search when it is one that is slow to check row by row (`SearchSource.reads_text`), and
    ``conditions`` are then the others; ``clauses`` are always all of them.
    """

    clauses: Sequence[ColumnElement[bool]]
    known: int | None = None
    walking: Sequence[ColumnElement[bool]] = ()
    gathering: Sequence[ColumnElement[bool]] = ()
    conditions: Sequence[ColumnElement[bool]] = ()
    text: ColumnElement[bool] | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """What is asked comes to: the condition for all rows, the one a walk checks, how many rows when few, and
    where a probe found more, the condition by which they are gathered from there."""

    clause: ColumnElement[bool]
    check: ColumnElement[bool]
    number: int | None = None
    gather: ColumnElement[bool] | None = None


def find_matches(session: Session, listing: Listing, query: ListQuery) -> Matches:
    """The conditions of a query. A search that matches few rows is replaced by the keys it found."""
    if not query.conditions and not query.term:
        return Matches(query.scope, walking=query.scope, gathering=query.scope)
    with planned_anew(session):
        return _find_matches(session, listing, query)


def _find_matches(session: Session, listing: Listing, query: ListQuery) -> Matches:
    asked = _read_conditions(session, listing, query.conditions)
    clauses = [*query.scope, *(item.clause for item in asked)]
    walking = [*query.scope, *(item.check for item in asked)]
    gathering = [*query.scope, *(item.clause if item.gather is None else item.gather for item in asked)]
    if not query.term or listing.search is None:
        return Matches(clauses, walking=walking, gathering=gathering)
    if listing.search.reads_text(query.term, exact=query.masked):
        text = listing.search.clause(query.term, listing.key, exact=query.masked)
        assert text is not None
        return Matches([*clauses, text], conditions=walking, text=text)
    own, related = _search_rows(session, listing, query), _search_related(session, listing, query)
    if related is None:
        known = own.number if not clauses else None
        return Matches(
            [*clauses, own.clause],
            known=known,
            walking=[*walking, own.check],
            gathering=[*gathering, own.clause],
        )
    searched = or_(own.clause, related.clause)
    return Matches(
        [*clauses, searched],
        walking=[*walking, or_(own.check, related.check)],
        gathering=[*gathering, searched],
    )


def _read_conditions(session: Session, listing: Listing, conditions: Sequence[Condition]) -> list[_Found]:
    """Within one record its rows are looked at, and nothing is probed."""
    if any(condition.narrows for condition in conditions):
        return [_Found(condition.clause, condition.clause) for condition in conditions]
    return [_read_condition(session, listing, condition) for condition in conditions]


def _read_condition(session: Session, listing: Listing, condition: Condition) -> _Found:
    """The condition, and where its probe finds few keys, that they are among these."""
    probe = condition.probe
    if probe is None:
        return _Found(condition.clause, condition.clause)
    column = listing.key if probe.column is None else probe.column
    gathered = gather_few(probe.keys.limit(MOST_GATHERED + 1), PROBE_LIMIT)
    found = session.execute(gathered, {"now": moment(session)}).one()
    if found.number <= PROBE_LIMIT:
        few = and_(condition.clause, is_any(column, list(set(found.keys_found or ()))))
        return _Found(few, few)
    among, rest = column.in_(probe.keys), true() if probe.tells_all else condition.clause
    gather = and_(rest, among)
    if found.number <= MOST_GATHERED:
        # "is true" keeps it a set: without, it would become another join.
        return _Found(condition.clause, and_(rest, among.is_(True)), gather=gather)
    return _Found(condition.clause, condition.clause, gather=gather)


def _search_rows(session: Session, listing: Listing, query: ListQuery) -> _Found:
    assert listing.search is not None
    if any(condition.narrows for condition in query.conditions):
        return _search_few(listing, listing.search, query)
    probe = listing.search.probe(query.term, listing.key, exact=query.masked)
    keys = [] if probe is None else list(session.scalars(probe, {"now": moment(session)}))
    if not keys:
        return _Found(false(), false(), 0)
    if len(keys) <= PROBE_LIMIT:
        few = is_any(listing.key, keys)
        return _Found(few, few, len(set(keys)))
    many = listing.search.clause(
        query.term, listing.key, exact=query.masked, joined=tables_of(listing.select)
    )
    assert many is not None
    return _Found(many, many)


def _search_few(listing: Listing, search: Search, query: ListQuery) -> _Found:
    """In rows that are few already: looking for all that the term finds would take longer than they do."""
    joined = tables_of(listing.select)
    clause = search.clause(query.term, listing.key, exact=query.masked, joined=joined)
    return _Found(false(), false(), 0) if clause is None else _Found(clause, clause)


def _search_related(session: Session, listing: Listing, query: ListQuery) -> _Found | None:
    """None when the listing's rows belong to nothing that is searched, or nothing was found there."""
    related = listing.search.related if listing.search is not None else None
    probe = related.probe(query.term, exact=query.masked) if related is not None else None
    if related is None or probe is None:
        return None
    found = session.execute(gather_few(probe), {"now": moment(session)}).one()
    if found.number == 0:
        return None
    if found.number <= MOST_RECORDS:
        few = is_any(related.column, list(set(found.keys_found)))
        return _Found(few, few)
    clause = related.clause(query.term, exact=query.masked)
    assert clause is not None
    return _Found(clause, _make_check(session, related, clause, query))


def _make_check(
    session: Session, related: Related, clause: ColumnElement[bool], query: ListQuery
) -> ColumnElement[bool]:
    """Of a row on a walk: whether its record is in the set of those found, or of very many by itself.

    Only words that do not fill a page soon come here (`look_ahead`): the walk may be long.
    """
    found = union_all(*related.search.find(query.term, related.key, exact=query.masked))
    if estimate_rows(session, found, {"now": None}) <= MOST_HELD:
        return clause.is_(True)
    check = related.check(query.term, exact=query.masked)
    assert check is not None
    return check

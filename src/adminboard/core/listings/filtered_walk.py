"""Walking along a sort through the rows that filters leave, wherever they lie.

PostgreSQL takes rows that match for scattered over every order. Where they lie together at its other end,
like the invoices due next week in the order of their payment, it would pass millions of others on the way.
No statistics tell that beforehand: so a walk has `PATIENCE`, and is given up for gathering all that match
and sorting them, unless there are too many for that: then it takes what it takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.errors import QueryCanceled
from sqlalchemy import bindparam, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

from adminboard.core.listings.columns import AnyRow, AnySelect
from adminboard.core.listings.estimates import estimate_rows
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.matching import Matches
from adminboard.core.listings.own_settings import with_settings
from adminboard.core.listings.walks import ROW_LIMIT, Way, make_walk, order_of
from adminboard.db.engine import failing_alone

PATIENCE = "250ms"
"""Ten times what a page takes: on a busy machine every walk takes longer, and gathering would too."""
MOST_SORTED = 2_000_000
"""Rows that are expected to match: as many are gathered and sorted in a second."""
_WALKING = {"max_parallel_workers_per_gather": "0"}
"""A page is there before helpers have begun."""


def walk_filtered(
    session: Session, listing: Listing, way: Way, matches: Matches, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """The first rows on the way that match: ``key`` and ``value``, as many as ``values`` ask for.

    ``values`` are `walks.place_values`.
    """
    walk = make_walk(listing, way, matches.walking)
    try:
        with failing_alone(session), with_settings(session, {"statement_timeout": PATIENCE, **_WALKING}):
            return session.execute(walk, values).all()
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
    if estimate_rows(session, _match(listing, way, matches), values) > MOST_SORTED:
        return session.execute(walk, values).all()
    return gather_filtered(session, listing, way, matches, values)


def gather_filtered(
    session: Session, listing: Listing, way: Way, matches: Matches, values: Mapping[str, Any]
) -> Sequence[AnyRow]:
    """The same rows, found by gathering all that match and sorting them."""
    # The offset of nothing has all found without a thought of the order.
    found = _match(listing, way, matches).offset(0).subquery()
    first = (
        select(found.c.key, found.c.value)
        .order_by(*order_of(way, found.c.value, found.c.key))
        .limit(bindparam(ROW_LIMIT, type_=Integer))
    )
    return session.execute(first, values).all()


def _match(listing: Listing, way: Way, matches: Matches) -> AnySelect:
    """All rows on the way that match, in no order."""
    return make_walk(listing, way, matches.gathering).order_by(None).limit(None)

"""The few rows of a listing that a term most likely means, for the search over everything.

A list shows all its matches; here each keystroke asks every list, so only sources that can know the term
are asked, each for a few keys from its own index: first whole values, then parts. A term without three
letters in a row is found as a beginning only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select, union_all

from adminboard.core.listings.columns import AnySelect, Expression
from adminboard.core.listings.phone_search import PhoneNumber
from adminboard.core.listings.prefix_search import Prefix
from adminboard.core.listings.search import Contains, ExactText, IdPrefix, SearchSource
from adminboard.core.stripe_ids import is_stripe_id

_THREE_IN_A_ROW = re.compile(r"[^\W_]{3}")
"""Of fewer letters, like those of "an@", a trigram index names every tenth row, and each would be read."""
_ID_BEGINNING = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-f]*[a-f])[0-9a-f-]{6,}")


def is_whole_id(term: str) -> bool:
    """Whether this is an id, ours or Stripe's, so that it needs to be looked for among ids only."""
    try:
        UUID(term)
    except ValueError:
        return is_stripe_id(term)
    return True


def probe_best(
    sources: Sequence[SearchSource], term: str, key: Expression, *, exact: bool, limit: int
) -> AnySelect | None:
    """Up to ``limit`` keys, some perhaps twice; whole values come first, so that parts do not crowd them out.

    Telephone numbers are found whole only. None when no source can know the term.
    """
    asked = [source for source in sources if _may_know(source, term)]
    whole = [(source, source.clause(term, exact=True)) for source in asked if exact or _has_parts(source)]
    parts = [
        (source, _find_part(source, term))
        for source in asked
        if not exact and not isinstance(source, PhoneNumber)
    ]
    bounded = [
        select(_keys_of(source, key).where(clause).limit(limit).subquery().c[0])
        for source, clause in [*whole, *parts]
        if clause is not None
    ]
    if not bounded:
        return None
    return select(union_all(*bounded).subquery().c[0]).limit(limit)


def _find_part(source: SearchSource, term: str) -> ColumnElement[bool] | None:
    clause = source.clause(term, exact=False)
    if clause is not None and isinstance(source, Contains) and not _THREE_IN_A_ROW.search(term):
        return source.beginning(term)
    return clause


def _keys_of(source: SearchSource, key: Expression) -> AnySelect:
    return source.through if source.through is not None else select(key.label("key"))


def _has_parts(source: SearchSource) -> bool:
    """Whether whole values are to be looked for besides parts; ids are found by either in the same way."""
    return isinstance(source, Contains | PhoneNumber)


def _may_know(source: SearchSource, term: str) -> bool:
    """Whether the term looks like what the source holds: names, ids of ours or of others, numbers."""
    if source.slow_to_check:
        return False
    if isinstance(source, Contains):
        return not is_whole_id(term)
    if isinstance(source, IdPrefix):
        return is_whole_id(term) or _ID_BEGINNING.fullmatch(term.lower()) is not None
    if isinstance(source, ExactText):
        return source.sign.search(term) is not None
    if isinstance(source, Prefix):
        return any(character.isdigit() for character in term)
    return True

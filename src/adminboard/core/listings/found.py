"""Everything that a list finds, for what is done to all of it at once."""

from __future__ import annotations

from urllib.parse import parse_qs

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnySelect
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.matching import find_matches
from adminboard.core.listings.query import read_query
from adminboard.core.work import moment, reader


def select_found(session: Session, listing: Listing, query: str) -> AnySelect:
    """A SELECT of the keys of all rows that a query string finds for whoever reads, as the list itself reads
    it; of all rows for an empty one. Raises `BadQuery`."""
    now = moment(session)
    asked = read_query(listing, parse_qs(query), reader(session), now)
    matches = find_matches(session, listing, asked)
    wanted = select(listing.key.label("key")).where(*matches.clauses)
    return select_pruned(listing.select, wanted).params(now=now)


def say_found(session: Session, listing: Listing, query: str) -> str | None:
    """The search and filters of a query string in words, None where it has none. Raises `BadQuery`."""
    asked = read_query(listing, parse_qs(query), reader(session), moment(session))
    words = [condition.words for condition in asked.conditions]
    if asked.term:
        words.insert(0, f"Search: {asked.term}")
    return "; ".join(words) or None

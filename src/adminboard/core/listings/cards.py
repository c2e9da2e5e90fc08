"""Cards: figures of all rows that match a list's search and filters, shown above the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.paging import find_matches
from adminboard.core.listings.query import ListQuery
from adminboard.core.work import moment


def load_figures(session: Session, listing: Listing, query: ListQuery) -> Mapping[str, Any]:
    """The figure of each card by its name, ``<name>_companion`` beside those that have one. One statement."""
    figures = [card.figure.label(card.name) for card in listing.cards]
    companions = [
        card.companion.label(f"{card.name}_companion") for card in listing.cards if card.companion is not None
    ]
    wanted = select(*figures, *companions).where(*find_matches(session, listing, query).clauses)
    row = session.execute(select_pruned(listing.select, wanted), {"now": moment(session)}).one()
    return dict(row._mapping)

"""Cards: figures of all rows that match a list's search and filters, shown above the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from adminboard.core.listings.columns import AnyRow, AnySelect, Expression
from adminboard.core.listings.joins import select_pruned
from adminboard.core.listings.kept_cards import find_kept
from adminboard.core.listings.listing import Listing
from adminboard.core.listings.matching import find_matches
from adminboard.core.listings.query import ListQuery
from adminboard.core.listings.text_walk import by_index_of_text
from adminboard.core.work import moment
from adminboard.db.engine import planned_anew


@dataclass(frozen=True, slots=True)
class Figures:
    """The figure of each card by its name. ``counted_at`` is of those that were kept."""

    by_name: Mapping[str, Any]
    counted_at: datetime | None = None


def load_figures(session: Session, listing: Listing, query: ListQuery) -> Figures:
    """The figures of what a query asks for: as they are kept, or else counted."""
    kept = find_kept(session, listing, query)
    return Figures(*kept) if kept is not None else Figures(count_figures(session, listing, query))


def count_figures(session: Session, listing: Listing, query: ListQuery) -> Mapping[str, Any]:
    """The figure of each card by its name, counted now. One statement.

    An amount is a mapping of its currencies to minor units of them, the currency of most rows first, without
    those that come to nothing; amounts of different currencies are never added up.
    """
    figures = [card.figure.label(card.name) for card in listing.cards]
    currency = next((card.currency for card in listing.cards if card.currency is not None), None)
    wanted = select(*figures)
    if currency is not None:
        wanted = _for_each(wanted, currency)
    with planned_anew(session):
        matches = find_matches(session, listing, query)
        counted = select_pruned(listing.select, wanted.where(*matches.clauses))
        with by_index_of_text(session) if matches.text is not None else nullcontext():
            rows = session.execute(counted, {"now": moment(session)}).all()
    whole = next(row for row in rows if currency is None or row.is_whole)
    return {
        card.name: getattr(whole, card.name) if card.currency is None else _amounts(card.name, rows)
        for card in listing.cards
    }


def _for_each(figures: AnySelect, currency: Expression) -> AnySelect:
    """The figures of all rows (``is_whole``), and those of each currency, from one reading of the rows."""
    return (
        figures.add_columns(
            currency.label("currency"), (func.grouping(currency) == literal_column("1")).label("is_whole")
        )
        .group_by(func.grouping_sets(tuple_(), currency))
        .order_by(func.count().desc(), currency)
    )


def _amounts(name: str, rows: Sequence[AnyRow]) -> dict[str, int]:
    amounts = {row.currency: getattr(row, name) for row in rows if not row.is_whole}
    return {currency: int(amount) for currency, amount in amounts.items() if amount}

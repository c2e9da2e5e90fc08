"""Keeping the figures above large lists (`core.listings.kept_cards`): counted anew every five minutes."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

from sqlalchemy import delete

from adminboard.core.actor import system_actor
from adminboard.core.listings import Listing
from adminboard.core.listings.cards import count_figures
from adminboard.core.listings.kept_cards import is_large, keep_figures_of, parts_of
from adminboard.core.listings.query import read_query
from adminboard.core.models import KeptCards
from adminboard.db.engine import set_statement_timeout
from adminboard.figures.state import Doors
from adminboard.jobs import EVERY_FIVE_MINUTES, PeriodicJob

TIMEOUT = "1min"


def keeping_cards(name: str, *listings: Listing) -> PeriodicJob:
    """The job that keeps the figures of these lists; for the area that declares them."""
    return PeriodicJob(name, EVERY_FIVE_MINUTES, partial(keep_cards, listings=listings))


def keep_cards(doors: Doors, listings: tuple[Listing, ...]) -> int:
    """Counts the figures of each large one of the lists and of its parts; returns of how many parts."""
    kept = 0
    for listing in listings:
        if _let_go_of_small(doors, listing):
            continue
        for part in parts_of(listing):
            _keep_part(doors, listing, part)
            kept += 1
    return kept


def _keep_part(doors: Doors, listing: Listing, part: str) -> None:
    with doors.work(system_actor("figures")) as work:
        set_statement_timeout(work.session, TIMEOUT)
        query = read_query(listing, parse_qs(part), work.actor, work.now())
        keep_figures_of(work, listing, part, count_figures(work.session, listing, query))
        work.keep_figures()


def _let_go_of_small(doors: Doors, listing: Listing) -> bool:
    """Whether the list is small; then what was kept of it is deleted, and it is counted at each look."""
    with doors.work(system_actor("figures")) as work:
        if is_large(work.session, listing):
            work.abandon()
            return False
        gone = delete(KeptCards).where(KeptCards.listing == listing.name).returning(KeptCards.part)
        if work.session.execute(gone).all():
            work.keep_figures()
        else:
            work.abandon()
        return True

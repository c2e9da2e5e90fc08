"""What is measured: each operation of the board beside the floor's, with its budget."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from sqlalchemy.orm import Session

from adminboard.areas import AREAS
from adminboard.core.listings import Listing
from adminboard.web.record_page import tabs_of
from benchmarks.lists import (
    find_keys,
    paths_by_filter,
    paths_by_filter_and_sort,
    paths_by_sort,
    paths_of_details,
    paths_of_searches,
)
from benchmarks.places import Places

DETAIL = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#detail"}
PALETTE = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#palette-results"}
CARDS = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "div#cards"}
FIRST, LIST_MS, SEARCH_MS, DETAIL_MS, PALETTE_MS, TEXT_MS = "/first", 25.0, 50.0, 25.0, 60.0, 150.0


@dataclass(frozen=True)
class Operation:
    """Addresses of the board, asked in turn, and of the floor where something there compares.

    ``share`` is how much of the floor's throughput is due, None where only time counts.
    """

    name: str
    board: Sequence[str]
    budget_ms: float
    floor: Sequence[str] = ()
    share: float | None = None
    headers: dict[str, str] = field(default_factory=dict)


def operations(session: Session, places: Places, only: str | None = None) -> Iterator[Operation]:
    """Every operation that shows something, in the order of the report; ``only`` names one list."""
    for area in AREAS:
        for listing in area.listings:
            if listing.has_page and only in (None, listing.name):
                yield from _of_list(session, listing, places)
    if only is None:
        yield from _of_records(session)
        yield from _of_pages(places)


def _of_list(session: Session, listing: Listing, places: Places) -> Iterator[Operation]:
    name = listing.name.replace("_", " ")
    share = 1 / 5 if listing.name in ("users", "calls") else None
    yield Operation(f"{name}: first page", [listing.path], LIST_MS, [FIRST], share)
    for sort in listing.sorts:
        paths = paths_by_sort(session, listing, sort)
        yield Operation(f"{name}: by {sort}, first and deep", paths, LIST_MS, [FIRST])
    for filter_name, paths in paths_by_filter(session, listing):
        yield Operation(f"{name}: filter {filter_name}", paths, SEARCH_MS, places.floor_search_paths())
    filtered = paths_by_filter_and_sort(session, listing)
    if filtered:
        yield Operation(f"{name}: filters in every order", filtered, SEARCH_MS, places.floor_search_paths())
    searches = paths_of_searches(listing)
    if searches:
        budget_ms = TEXT_MS if listing.name == "calls" else SEARCH_MS
        share = 1 / 4 if listing.name == "users" else None
        yield Operation(f"{name}: search", searches, budget_ms, places.floor_search_paths(), share)
    if listing.detail is not None:
        details = paths_of_details(session, listing)
        if details:
            yield Operation(f"{name}: panel", details, DETAIL_MS, headers=DETAIL)


def _of_records(session: Session) -> Iterator[Operation]:
    """Each tab of the pages about one record, of records all over their list."""
    tabs = [tab for area in AREAS for tab in area.record_tabs]
    for page in (page for area in AREAS for page in area.record_pages):
        keys = find_keys(session, page.listing)
        for tab in tabs_of(page, tabs):
            addresses = [page.address(key, tab) for key in keys]
            yield Operation(f"{page.name} page: {tab.label.lower()}", addresses, DETAIL_MS)


def _of_pages(places: Places) -> Iterator[Operation]:
    yield Operation("dashboard", ["/"], LIST_MS, [FIRST])
    yield Operation("system", ["/system"], LIST_MS, [FIRST])
    ledgers = [f"/credits?user={user_id}" for user_id in places.user_ids]
    yield Operation("credits of a user", ledgers, LIST_MS, [FIRST])
    words = [f"/search?q={quote(word)}" for word in places.palette_words]
    yield Operation("global search, a keystroke", words, PALETTE_MS, headers=PALETTE)

"""Global search: every area's providers asked in turn for one term, for the palette and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.addresses import address
from adminboard.web.area import Hit, SearchProvider
from adminboard.web.hit_rank import rank_hit
from adminboard.web.search_commands import find_commands
from adminboard.web.visit import Visit

HITS_PER_GROUP = 6
FIXED_PAGES = (
    (
        Hit("Account", "password, time zone, two-factor", "/account", "user-circle"),
        ("account", "password", "time zone", "timezone", "two-factor", "two factor", "second factor", "2fa"),
    ),
    (Hit("Guide", "how each job is done", "/help", "help"), ("guide", "help")),
)
"""Pages outside the sidebar that everybody has, with what people call them."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HitGroup:
    """Hits of one kind. ``all_url`` leads to the list of all the term finds, where there are more."""

    title: str
    entries: Sequence[Hit]
    all_url: str | None = None


@router.get("/search")
def search(visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]) -> Response:
    """What the term finds, grouped; the palette asks at each pause in typing."""
    term = (visit.parameter("q") or "")[:MAX_TERM_LENGTH]
    groups = find_everywhere(visit, term) if term and term.isprintable() else []
    template = "ui/search_results.html" if visit.target is not None else "ui/search_page.html"
    return visit.render(template, groups=groups, query=term)


def find_everywhere(visit: Visit, term: str) -> list[HitGroup]:
    """The commands the term names, the hits of all areas the actor may read, and pages by their name.

    The group with the likeliest hit comes first, since Enter opens that; equal ones stand as in the sidebar.
    """
    asked = [
        _ask(visit, provider, term)
        for provider in visit.board.search_providers
        if visit.actor.may(provider.permission)
    ]
    groups = [
        HitGroup("Actions", find_commands(visit, term, HITS_PER_GROUP)),
        *sorted(asked, key=lambda group: min((rank_hit(hit, term) for hit in group.entries), default=0)),
        HitGroup("Pages", list(_find_pages(visit, term.casefold()))[:HITS_PER_GROUP]),
    ]
    return [group for group in groups if group.entries]


def _ask(visit: Visit, provider: SearchProvider, term: str) -> HitGroup:
    hits = provider.find(visit.session, visit.actor, term, HITS_PER_GROUP + 1)
    more = len(hits) > HITS_PER_GROUP and provider.path is not None
    all_url = address(provider.path, {}, q=term) if more and provider.path is not None else None
    return HitGroup(provider.title, hits[:HITS_PER_GROUP], all_url)


def _find_pages(visit: Visit, term: str) -> Iterator[Hit]:
    """Pages whose title has the term: those of the sidebar, then the lists that are tabs of one, then the
    fixed ones, which go by other words too."""
    seen: set[str] = set()
    for item in visit.board.navigation:
        if visit.actor.may(item.permission) and term in item.title.casefold():
            seen.add(item.url)
            yield Hit(item.title, item.group.value, item.url, item.icon)
    for listing in visit.board.listings.values():
        known = listing.path in seen or not listing.has_page or not visit.actor.may(listing.permission)
        if not known and term in listing.title.casefold():
            yield Hit(listing.title, "", listing.path, "list")
    for page, names in FIXED_PAGES:
        if any(term in name for name in names):
            yield page

"""Global search: every area's providers asked in turn for one term, for the palette and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.listings.search import MAX_TERM_LENGTH
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.area import Hit
from adminboard.web.visit import Visit

HITS_PER_GROUP = 6

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HitGroup:
    title: str
    entries: Sequence[Hit]


@router.get("/search")
def search(visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]) -> Response:
    """What the term finds, grouped; the palette asks at each pause in typing."""
    term = (visit.parameter("q") or "")[:MAX_TERM_LENGTH]
    groups = find_everywhere(visit, term) if term and term.isprintable() else []
    template = "ui/search_results.html" if visit.target is not None else "ui/search_page.html"
    return visit.render(template, groups=groups, query=term)


def find_everywhere(visit: Visit, term: str) -> list[HitGroup]:
    """The hits of all areas the actor may read, then pages whose name begins with the term."""
    found = [
        HitGroup(provider.title, provider.find(visit.session, visit.actor, term, HITS_PER_GROUP))
        for provider in visit.board.search_providers
        if visit.actor.may(provider.permission)
    ]
    pages = [
        Hit(item.title, item.group.value, item.url, item.icon)
        for item in visit.board.navigation
        if visit.actor.may(item.permission) and term.lower() in item.title.lower()
    ]
    return [group for group in [*found, HitGroup("Pages", pages)] if group.entries]

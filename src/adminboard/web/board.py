"""What every request needs of the board that was put together: one object on ``app.state.board``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol
from uuid import UUID

from anyio import CapacityLimiter
from fastapi import Request
from sqlalchemy.orm import Session

from adminboard.core.action_runner import ActionRunner
from adminboard.core.actor import Actor
from adminboard.core.listings import Listing
from adminboard.core.permissions import Permission
from adminboard.runtime import Runtime
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem, SearchProvider
from adminboard.web.csv_response import make_turns

Navigation = Sequence[tuple[NavigationGroup, Sequence[NavigationItem]]]


@dataclass(frozen=True, slots=True)
class Login:
    """A session that was recognised: who it is, which session, and the cookie to send anew, if any.

    ``pages_with_views`` are the lists of which the admin has saved views, ``counts`` the figures of the
    sidebar by the addresses of their entries.
    """

    actor: Actor
    session_id: UUID
    refreshed_cookie: str | None = None
    pages_with_views: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)


class Authenticator(Protocol):
    """Recognises people by their session and programs by their key. Supplied by the auth area.

    ``cookie_name`` is that of the session. A browser's session never opens the API, a key never a page.
    """

    cookie_name: str

    def find_login(self, session: Session, cookie: str | None, now: datetime) -> Login | None: ...

    def find_key(self, session: Session, header: str | None, now: datetime) -> Actor | None: ...


@dataclass(frozen=True)
class Board:
    """The parts of the running board, for routes."""

    runtime: Runtime
    runner: ActionRunner
    areas: Sequence[Area]
    authenticator: Authenticator
    export_turns: CapacityLimiter = field(default_factory=make_turns)

    @cached_property
    def listings(self) -> dict[str, Listing]:
        return {listing.name: listing for area in self.areas for listing in area.listings}

    @cached_property
    def navigation(self) -> Sequence[NavigationItem]:
        return tuple(item for area in self.areas for item in area.navigation)

    def find_navigation(self, permissions: frozenset[Permission]) -> Navigation:
        """The entries of the sidebar for those who have these permissions, by group; each in its order."""
        if permissions not in self._navigations:
            items = [item for item in self._sorted_navigation if item.permission in permissions]
            self._navigations[permissions] = tuple(
                (group, tuple(item for item in items if item.group is group))
                for group in NavigationGroup
                if any(item.group is group for item in items)
            )
        return self._navigations[permissions]

    @cached_property
    def search_providers(self) -> Sequence[SearchProvider]:
        """In the order of the sidebar, so that hits stand where their lists do; last those without a list."""
        providers = [provider for area in self.areas for provider in area.search]
        return sorted(providers, key=lambda provider: _find_place(provider.path, self._places))

    @cached_property
    def help_pages(self) -> tuple[HelpPage, ...]:
        """The pages of the guide, in the order of the sidebar; last those about no page of it."""
        pages = [page for area in self.areas for page in area.help_pages]
        return tuple(sorted(pages, key=lambda page: _find_place(next(iter(page.paths), None), self._places)))

    def find_help(self, path: str) -> HelpPage | None:
        """The page of the guide about an address, None when there is none."""
        nearest = max(self.help_pages, key=lambda page: page.find_match(path), default=None)
        return nearest if nearest is not None and nearest.find_match(path) else None

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """The entries of the sidebar by their address, numbered from the top."""
        return {item.url: place for place, item in enumerate(self._sorted_navigation)}

    @cached_property
    def _sorted_navigation(self) -> Sequence[NavigationItem]:
        return sorted(self.navigation, key=_place_in_sidebar)

    @cached_property
    def _navigations(self) -> dict[frozenset[Permission], Navigation]:
        """What `find_navigation` made already: one for each role that there is."""
        return {}


def _place_in_sidebar(item: NavigationItem) -> tuple[int, int]:
    return list(NavigationGroup).index(item.group), item.order


def _find_place(path: str | None, places: Mapping[str, int]) -> int:
    """The place of the page, or of the one it is a part of."""
    while path and path not in places:
        path = path.rpartition("/")[0]
    return places[path] if path else len(places)


def get_board(request: Request) -> Board:
    """The board this request came to."""
    board: Board = request.app.state.board
    return board

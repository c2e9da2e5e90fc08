"""What every page shows around its content: the ``board`` of the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

from fastapi import Request

from adminboard.core.actor import Actor
from adminboard.settings import Environment
from adminboard.web.area import HelpPage, NavigationItem
from adminboard.web.board import Board, Login, get_board
from adminboard.web.csrf import make_csrf_token
from adminboard.web.form_view import ToastView

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "board_theme"
_TONES = {Environment.PRODUCTION: "danger", Environment.STAGING: "warning"}
VERSION = version("adminboard")


@dataclass(frozen=True, slots=True)
class EnvironmentBadge:
    name: str
    tone: str


@dataclass(frozen=True, slots=True)
class ShownActor:
    name: str
    role: str
    time_zone: str
    initials: str


@dataclass(frozen=True, slots=True)
class ShownItem:
    title: str
    url: str
    icon: str
    active: bool
    count_id: str | None
    count: int | None
    tone: str | None


@dataclass(frozen=True, slots=True)
class ShownGroup:
    title: str
    items: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Where a page is: the group of the sidebar, or for a page below an entry's address that entry."""

    title: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PageContext:
    """The frame of a page. ``time_zone`` and ``now`` are what dates are shown in and counted from."""

    environment: EnvironmentBadge
    theme: str
    csrf_token: str
    actor: ShownActor | None
    navigation: tuple[ShownGroup, ...]
    place: ShownPlace | None
    """For pages that name no other in their breadcrumb; None where the sidebar does not lead."""
    help_pages: tuple[HelpPage, ...]
    help_here: HelpPage | None
    """What the guide says about the page that is shown."""
    toasts: Sequence[ToastView]
    version: str
    time_zone: str
    now: datetime
    stripe_dashboard_url: str


def page_context(request: Request) -> PageContext:
    """The frame for this request, made once; without a login it has no navigation and no actor.

    Its toasts may be found only after a part of the page has been drawn already.
    """
    state = request.state
    known: PageContext = getattr(state, "page_context", None) or _make_context(request)
    state.page_context = made = replace(known, toasts=getattr(state, "toasts", ()))
    return made


def _make_context(request: Request) -> PageContext:
    board = get_board(request)
    login: Login | None = getattr(request.state, "login", None)
    settings = board.runtime.settings
    theme = request.cookies.get(THEME_COOKIE, "auto")
    path = request.url.path
    navigation = _navigation(board, login, path) if login else ()
    return PageContext(
        environment=EnvironmentBadge(settings.app_env.value, _TONES.get(settings.app_env, "info")),
        theme=theme if theme in THEMES else "auto",
        csrf_token=make_csrf_token(board.runtime, login.session_id if login else None),
        actor=_shown_actor(login.actor) if login else None,
        navigation=navigation,
        place=_find_place(navigation, path),
        help_pages=board.help_pages if login else (),
        help_here=board.find_help(path) if login else None,
        toasts=(),
        version=VERSION,
        time_zone=login.actor.time_zone if login else settings.default_timezone,
        now=board.runtime.clock.now(),
        stripe_dashboard_url=settings.stripe_dashboard_url.rstrip("/"),
    )


def _shown_actor(actor: Actor) -> ShownActor:
    local_part = actor.name.partition("@")[0]
    words = local_part.replace(".", " ").replace("-", " ").split() or ["?"]
    initials = "".join(word[0] for word in words[:2]).upper()
    return ShownActor(actor.name, actor.role.value if actor.role else "", actor.time_zone, initials)


def _navigation(board: Board, login: Login, path: str) -> tuple[ShownGroup, ...]:
    return tuple(
        ShownGroup(group.value, tuple(_shown_item(item, path, login.counts) for item in items))
        for group, items in board.find_navigation(login.actor.permissions)
    )


def _find_place(groups: tuple[ShownGroup, ...], path: str) -> ShownPlace | None:
    for group in groups:
        for item in group.items:
            if item.active:
                return ShownPlace(group.title) if item.url == path else ShownPlace(item.title, item.url)
    return None


def count_id(url: str) -> str:
    """The id of the element that holds the figure of a sidebar's entry, by the address it leads to."""
    return f"count{url.replace('/', '-')}"


def _shown_item(item: NavigationItem, path: str, counts: Mapping[str, int]) -> ShownItem:
    active = path == item.url or path.startswith(f"{item.url}/")
    counted_by = count_id(item.url) if item.count is not None else None
    return ShownItem(item.title, item.url, item.icon, active, counted_by, counts.get(item.url), None)

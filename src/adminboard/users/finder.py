"""The box at the left of a page about one user: finds one while typing, and lists those looked at last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import Session

from adminboard.core.masking import masked_for
from adminboard.users.finding import FoundUser, list_users
from adminboard.web.list_view import HiddenView
from adminboard.web.visit import Visit

MAX_TERM_LENGTH = 200
MAX_RECENT = 6
RECENT_COOKIE = "board_recent_users"
"""Who was looked at last, by id: ``<admin>.<user>.<user>…``. It lives as long as the browser."""


@dataclass(frozen=True, slots=True)
class FinderRow:
    """Somebody who was found; ``figure`` is what the page tells of them already."""

    user: FoundUser
    url: str
    figure: str | None = None


@dataclass(frozen=True, slots=True)
class Finder:
    """What was typed, whom it finds, who was looked at last, and what the page at ``path`` keeps besides."""

    path: str
    term: str
    found: Sequence[FinderRow]
    recent: Sequence[FinderRow]
    state: Sequence[HiddenView]
    nobody_chosen: bool


Find = Callable[[Session, str], Sequence[tuple[FoundUser, str | None]]]


def make_finder(visit: Visit, path: str, find: Find, *, keep: Sequence[str] = ()) -> Finder:
    """The finder of the page at ``path``, whose parameters ``keep`` stay while one searches."""
    term = (visit.parameter("find") or "")[:MAX_TERM_LENGTH]
    found = find(visit.session, term) if term and term.isprintable() else []
    recent = [] if term else list_users(visit.session, _read_recent(visit))
    kept = {name: visit.parameters[name] for name in keep if name in visit.parameters}
    return Finder(
        path=path,
        term=term,
        found=[_row(visit, path, user, figure) for user, figure in found],
        recent=[_row(visit, path, user, None) for user in recent],
        state=[HiddenView(name, value) for name, values in kept.items() for value in values],
        nobody_chosen=visit.parameter("user") is None,
    )


def remember_user(visit: Visit, response: Response, user_id: UUID) -> Response:
    """Puts the user before those looked at so far; in the browser, which keeps nothing but ids."""
    recent = [user_id, *(other for other in _read_recent(visit) if other != user_id)][:MAX_RECENT]
    value = ".".join(str(item) for item in (visit.actor.id, *recent))
    secure = visit.board.runtime.settings.secure_cookies
    response.set_cookie(RECENT_COOKIE, value, httponly=True, samesite="lax", secure=secure)
    return response


def _row(visit: Visit, path: str, user: FoundUser, figure: str | None) -> FinderRow:
    return FinderRow(masked_for(visit.actor, user), f"{path}?user={user.id}", figure)


def _read_recent(visit: Visit) -> list[UUID]:
    """What this admin's browser remembers; nothing of what another admin or somebody else wrote there."""
    owner, *users = visit.request.cookies.get(RECENT_COOKIE, "").split(".")[: MAX_RECENT + 1]
    if owner != str(visit.actor.id):
        return []
    try:
        return list(dict.fromkeys(UUID(user) for user in users))
    except ValueError:
        return []

"""The entitlements page: find a user, see what they may use and why, then and now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from adminboard.core.errors import InvalidInput
from adminboard.core.masking import masked_for
from adminboard.core.permissions import Permission
from adminboard.entitlements.access import get_access
from adminboard.entitlements.answers import UserAccess
from adminboard.entitlements.features import get_catalogue
from adminboard.entitlements.history import BeforeSignUp
from adminboard.entitlements.listing import TABS
from adminboard.users.finder import Finder, make_finder, remember_user
from adminboard.users.finding import FoundUser, find_users
from adminboard.web.access import page_read
from adminboard.web.addresses import address, without
from adminboard.web.list_view import LinkView
from adminboard.web.moments import read_moment
from adminboard.web.visit import Visit

PATH = "/entitlements"

pages = APIRouter()


@dataclass(frozen=True, slots=True)
class MatrixView:
    """Every feature of a user, as of now or of a past moment.

    ``at`` is the moment that was typed, ``error`` the sentence about one that cannot be answered; then the
    matrix is that of now.
    """

    access: UserAccess
    at: str
    is_past: bool
    error: str | None


@pages.get(PATH)
def show_entitlements(visit: Annotated[Visit, page_read(Permission.ENTITLEMENTS_READ)]) -> Response:
    """The page, or the part of it that is asked for: who was found, the panel, the matrix."""
    if visit.target == "found":
        return visit.render("users/found.html", finder=_make_finder(visit))
    account = _load_access(visit, None)
    shown: dict[str, Any] = {"account": account, "actor": visit.actor, "here": _here(visit)}
    if visit.target == "panel":
        return visit.render("entitlements/panel.html", **shown)
    matrix = _make_matrix(visit, account) if account is not None else None
    if visit.target == "matrix":
        return visit.render("entitlements/matrix.html", matrix=matrix, **shown)
    catalogue = get_catalogue(visit.session) if account is None else None
    page = visit.render(
        "entitlements/page.html",
        tabs=_tabs(account),
        finder=_make_finder(visit),
        matrix=matrix,
        catalogue=catalogue,
        **shown,
    )
    return remember_user(visit, page, account.user_id) if account is not None else page


def _load_access(visit: Visit, at: datetime | None) -> UserAccess | None:
    reference = visit.parameter("user")
    if reference is None:
        return None
    return masked_for(visit.actor, get_access(visit.session, reference, at))


def _make_matrix(visit: Visit, account: UserAccess) -> MatrixView:
    """The matrix for the ``at`` of the address; what makes no sense is said, and now is shown instead."""
    typed = visit.parameter("at") or ""
    if not typed:
        return MatrixView(account, "", is_past=False, error=None)
    try:
        past = _load_access(visit, read_moment(typed, ZoneInfo(visit.actor.time_zone)))
    except (InvalidInput, BeforeSignUp) as problem:
        return MatrixView(account, typed, is_past=False, error=problem.detail)
    assert past is not None, "the account was found by the same address"
    return MatrixView(past, typed, is_past=past.at < account.at, error=None)


def _here(visit: Visit) -> str:
    return address(PATH, without(visit.parameters, "done", "find"))


def _tabs(account: UserAccess | None) -> list[LinkView]:
    """Both pages; a chosen user stays chosen."""
    user = f"?user={account.user_id}" if account is not None else ""
    own, others = TABS
    return [LinkView(own.label, f"{own.path}{user}", active=True), LinkView(others.label, others.path)]


def _make_finder(visit: Visit) -> Finder:
    return make_finder(visit, PATH, _find)


def _find(session: Session, term: str) -> list[tuple[FoundUser, None]]:
    return [(user, None) for user in find_users(session, term)]

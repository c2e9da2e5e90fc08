"""Saved views: a list's filters under a name, each admin's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import bindparam, delete, func, select

from adminboard.core.audit import Target
from adminboard.core.errors import DomainError, FieldError, InvalidInput, NotFound
from adminboard.core.listings.columns import AnyRow
from adminboard.core.models import SavedView
from adminboard.core.permissions import Permission
from adminboard.core.work import Work
from adminboard.web.access import page_write
from adminboard.web.addresses import local_address
from adminboard.web.board import Login
from adminboard.web.visit import Visit

MAX_NAME_LENGTH = 60
MAX_QUERY_LENGTH = 4_000
MAX_VIEWS = 50

router = APIRouter()


class TooManyViews(DomainError):
    """A list offers a bounded number of views."""


_VIEWS = (
    select(SavedView.id, SavedView.name, SavedView.query)
    .where(SavedView.admin_id == bindparam("admin_id"), SavedView.page == bindparam("on_page"))
    .order_by(SavedView.position, SavedView.name)
    .limit(MAX_VIEWS)
)


def find_saved_views(visit: Visit, page: str) -> Sequence[AnyRow]:
    """The admin's views of one list: rows of id, name, query. Asks only where the login knows of some."""
    login: Login = visit.request.state.login
    if page not in login.pages_with_views:
        return ()
    return visit.session.execute(_VIEWS, {"admin_id": login.actor.id, "on_page": page}).all()


def save_view(work: Work, page: str, name: str, query: str) -> UUID:
    """Keeps the query under the name, in place of one of that name. Raises `InvalidInput`, `TooManyViews`."""
    name = name.strip()
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidInput(
            f"A view's name has 1 to {MAX_NAME_LENGTH} characters.",
            errors=[FieldError("name", "Name the view.")],
        )
    if len(query) > MAX_QUERY_LENGTH or not query.isprintable():
        raise InvalidInput("This view has too many filters to be kept.")
    mine = (SavedView.admin_id == work.actor.id, SavedView.page == page)
    work.session.execute(delete(SavedView).where(*mine, SavedView.name == name))
    count = work.session.scalar(select(func.count()).select_from(SavedView).where(*mine)) or 0
    if count >= MAX_VIEWS:
        raise TooManyViews(f"At most {MAX_VIEWS} views are kept for a list. Delete one first.")
    view = SavedView(admin_id=work.actor.id, page=page, name=name, query=query, position=count)
    work.session.add(view)
    work.session.flush()
    target = Target("saved_view", str(view.id), f"{page}: {name}")
    work.audit("views.save", target, f"Saved the view “{name}” of {page}", after={"query": query})
    return view.id


def remove_view(work: Work, view_id: UUID) -> None:
    """Deletes one's own view. Raises `NotFound`."""
    removed = work.session.execute(
        delete(SavedView)
        .where(SavedView.id == view_id, SavedView.admin_id == work.actor.id)
        .returning(SavedView.name, SavedView.page, SavedView.query)
    ).one_or_none()
    if removed is None:
        raise NotFound("This view does not exist any more.")
    target = Target("saved_view", str(view_id), f"{removed.page}: {removed.name}")
    summary = f"Deleted the view “{removed.name}” of {removed.page}"
    work.audit("views.remove", target, summary, before={"query": removed.query})


@router.post("/views/{page}")
def keep_view(page: str, visit: Annotated[Visit, page_write(Permission.OWN_ACCOUNT)]) -> Response:
    listing = visit.board.listings.get(page)
    if listing is None:
        raise NotFound("There is no such list.")
    query = visit.typed("query")
    with visit.board.runtime.work(visit.actor) as work:
        save_view(work, page, visit.typed("name"), query)
    here = f"{listing.path}?{query}" if query else listing.path
    return RedirectResponse(local_address(visit.typed("return_to"), here), 303)


@router.post("/views/{view_id}/removal")
def drop_view(view_id: UUID, visit: Annotated[Visit, page_write(Permission.OWN_ACCOUNT)]) -> Response:
    with visit.board.runtime.work(visit.actor) as work:
        remove_view(work, view_id)
    return RedirectResponse(local_address(visit.typed("return_to"), "/"), 303)

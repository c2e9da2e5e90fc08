"""Pages of users beyond their list: the picker of forms."""

from typing import Annotated

from fastapi import APIRouter, Response

from adminboard.core.permissions import Permission
from adminboard.users.search import users_search
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

pages = APIRouter()
PICKED = 8


@pages.get("/users/picker")
def pick_user(visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]) -> Response:
    """Users matching what is typed into a user field, as options."""
    term = (visit.parameter("user") or "")[:200]
    wanted = term.isprintable() and term
    hits = users_search.find(visit.session, visit.actor, term, PICKED) if wanted else []
    return visit.render("users/picker.html", hits=hits)

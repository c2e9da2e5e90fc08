"""The board's own address, while no area has a page there: it leads to the first page one may see."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.page_context import page_context
from adminboard.web.visit import Visit

router = APIRouter()


@router.get("/")
def go_to_first_page(visit: Annotated[Visit, page_read(Permission.OWN_ACCOUNT)]) -> Response:
    """Leads to the first page of the sidebar; to one's own account where the sidebar is empty."""
    pages = (item.url for group in page_context(visit.request).navigation for item in group.items)
    return RedirectResponse(next(pages, "/account"), 303)

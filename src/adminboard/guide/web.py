"""The guide inside the board: for whoever is logged in, with the pictures it shows."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from adminboard.core.permissions import Permission
from adminboard.guide.pages import get_index, get_page, get_picture
from adminboard.guide.pictures import MEDIA_TYPE
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

pages = APIRouter()
_A_DAY = {"Cache-Control": "private, max-age=86400"}


@pages.get("/help")
def show_guide(visit: Annotated[Visit, page_read(Permission.OWN_ACCOUNT)]) -> Response:
    """What the guide is, and every page of it."""
    return visit.render("guide/page.html", page=get_index(), is_index=True)


@pages.get("/help/pictures/{picture}")
def show_picture(picture: str, visit: Annotated[Visit, page_read(Permission.OWN_ACCOUNT)]) -> Response:
    """A picture of a page."""
    visit.stop_reading()
    return FileResponse(get_picture(picture), media_type=MEDIA_TYPE, headers=_A_DAY)


@pages.get("/help/{job}")
def show_page(job: str, visit: Annotated[Visit, page_read(Permission.OWN_ACCOUNT)]) -> Response:
    """How to do one job."""
    return visit.render("guide/page.html", page=get_page(job), is_index=False)

"""Asking people to prove again who they are, and bringing them back to where they were (guarantee 15)."""

from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from adminboard.web.addresses import address, local_address


def ask_for_proof(request: Request, return_to: str | None = None) -> Response:
    """Leads to the page that asks for password or code, and from there to ``return_to``.

    Without one it is the page the browser shows, since a change cannot be taken up again from its address.
    """
    location = address("/step-up", {}, next=return_to or _shown_page(request))
    if request.headers.get("hx-request"):
        return Response(status_code=403, headers={"HX-Redirect": location})
    return RedirectResponse(location, 303)


def _shown_page(request: Request) -> str:
    shown = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer") or "")
    return local_address(f"{shown.path}?{shown.query}" if shown.query else shown.path, "/")

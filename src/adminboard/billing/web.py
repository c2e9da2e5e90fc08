"""The address of billing as a whole, which leads to the first of its lists."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from adminboard.billing.customer import TABS
from adminboard.core.permissions import Permission
from adminboard.web.access import page_read
from adminboard.web.addresses import address
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/billing")
def show_billing(visit: Annotated[Visit, page_read(Permission.BILLING_READ)]) -> Response:
    """Leads to the subscriptions, with whatever the address asks for."""
    return RedirectResponse(address(TABS[0].path, visit.parameters), status_code=303)

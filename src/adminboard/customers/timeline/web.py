"""The page of a customer's timeline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from adminboard.core.permissions import Permission
from adminboard.customers.lookup import get_customer
from adminboard.customers.timeline.view import make_timeline_view
from adminboard.web.access import page_read
from adminboard.web.visit import Visit

pages = APIRouter()


@pages.get("/customers/{customer_id}/timeline")
def show_timeline(
    customer_id: UUID, visit: Annotated[Visit, page_read(Permission.CUSTOMERS_READ)]
) -> Response:
    """The page, or its lines alone. Raises `CustomerUnknown`."""
    customer = get_customer(visit.session, customer_id)
    view = make_timeline_view(visit, customer.id)
    template = "customers/timeline.html" if visit.target == "timeline" else "customers/timeline_page.html"
    return visit.render(template, record=view, customer=customer, actor=visit.actor)

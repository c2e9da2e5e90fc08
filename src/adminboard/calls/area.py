"""Calls: list, panel, transcripts, recordings."""

from adminboard.calls.api import router
from adminboard.calls.listing import calls
from adminboard.calls.web import pages
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="calls",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS, "Calls", "/calls", "phone", Permission.CUSTOMERS_READ, order=50
        )
    ],
    listings=[calls],
    pages=pages,
    api=router,
    search=[
        search_listing(
            calls, icon="phone", headline=("caller_phone", "started_at"), details=("started_at", "business")
        )
    ],
    help_pages=[
        HelpPage("read-a-transcript", "Read a transcript", ("/calls",)),
    ],
)

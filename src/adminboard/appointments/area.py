"""Appointments of the businesses' customers: list, panel, search by id."""

from adminboard.appointments.listing import appointments
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="appointments",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS,
            "Appointments",
            "/appointments",
            "calendar",
            Permission.CUSTOMERS_READ,
            order=60,
        )
    ],
    listings=[appointments],
    search=[
        search_listing(
            appointments, icon="calendar", headline=("title",), details=("starts_at", "customer_name")
        )
    ],
)

"""Appointments of the businesses' customers: list, panel, search by id."""

from adminboard.appointments.listing import appointments
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem

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
)

"""The businesses whose phone is answered: list, panel, search."""

from adminboard.businesses.listing import businesses
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="businesses",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS,
            "Businesses",
            "/businesses",
            "building-store",
            Permission.CUSTOMERS_READ,
            order=30,
        )
    ],
    listings=[businesses],
    search=[
        search_listing(
            businesses, icon="building-store", headline=("name",), details=("owner_email", "industry")
        )
    ],
)

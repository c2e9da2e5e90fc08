"""The businesses whose phone is answered: list, panel, search."""

from sqlalchemy import select

from adminboard.businesses.listing import businesses
from adminboard.businesses.models import Business
from adminboard.core.listings import Contains
from adminboard.core.permissions import Permission
from adminboard.users.models import User
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

_OWNED = select(Business.id.label("key")).join(User, User.id == Business.owner_id)

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
            businesses,
            icon="building-store",
            headline=("name",),
            details=("owner_email", "industry"),
            also=[Contains((User.email,), through=_OWNED)],
        )
    ],
)

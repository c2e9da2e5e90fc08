"""Promotion codes: how much each is used, by whom, and what users did with them."""

from adminboard.core.permissions import Permission
from adminboard.promotions.listing import promotion_codes
from adminboard.promotions.usage_listing import usages
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="promotions",
    navigation=[
        NavigationItem(
            NavigationGroup.MONEY, "Promotions", "/promotions", "ticket", Permission.BILLING_READ, order=40
        )
    ],
    listings=[promotion_codes, usages],
    search=[
        search_listing(
            promotion_codes,
            icon="ticket",
            title="Promotion codes",
            headline=("code",),
            details=("stripe_promotion_id",),
        )
    ],
)

"""The AI agents that answer for businesses: list and panel."""

from adminboard.agents.listing import agents
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="agents",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS, "Agents", "/agents", "robot", Permission.CUSTOMERS_READ, order=40
        )
    ],
    listings=[agents],
    search=[search_listing(agents, icon="robot", headline=("name",), details=("business",))],
)

"""The first page of the board."""

from adminboard.core.permissions import Permission
from adminboard.dashboard.api import router
from adminboard.dashboard.web import pages
from adminboard.web.area import Area, NavigationGroup, NavigationItem

area = Area(
    name="dashboard",
    navigation=[
        NavigationItem(
            NavigationGroup.OVERVIEW,
            "Dashboard",
            "/",
            "layout-dashboard",
            Permission.CUSTOMERS_READ,
            order=10,
        )
    ],
    pages=pages,
    api=router,
)

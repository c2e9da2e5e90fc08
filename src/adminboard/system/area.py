"""How the board is, and its own upkeep."""

from adminboard.core.permissions import Permission
from adminboard.system.api import router
from adminboard.system.housekeeping import JOBS
from adminboard.system.operation_listing import operations
from adminboard.system.operation_retry import retry_operation
from adminboard.system.web import pages
from adminboard.web.area import Area, NavigationGroup, NavigationItem

area = Area(
    name="system",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS, "System", "/system", "heartbeat", Permission.SYSTEM_READ, order=60
        )
    ],
    listings=[operations],
    actions=[retry_operation],
    pages=pages,
    api=router,
    jobs=JOBS,
)

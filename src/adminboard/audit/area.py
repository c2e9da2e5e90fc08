"""The audit log: list, verification, history of a record."""

from adminboard.audit.api import router
from adminboard.audit.listing import audit_log
from adminboard.audit.web import pages
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem

area = Area(
    name="audit",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS, "Audit log", "/audit", "history", Permission.AUDIT_READ, order=50
        )
    ],
    listings=[audit_log],
    pages=pages,
    api=router,
)

"""Bulk changes: a file of rows is checked, run, paused, resumed, and taken back."""

from adminboard.bulk.actions import ACTIONS
from adminboard.bulk.api import router
from adminboard.bulk.kinds import KINDS
from adminboard.bulk.listing import runs
from adminboard.bulk.web import pages
from adminboard.core.permissions import Permission
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem

area = Area(
    name="bulk",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS, "Bulk changes", "/bulk", "table-import", Permission.BULK_RUN, order=30
        )
    ],
    listings=[runs],
    actions=ACTIONS,
    pages=pages,
    api=router,
    runs=KINDS,
    help_pages=[
        HelpPage("bulk-changes", "Change many records by a file", ("/bulk", "/actions/bulk.start")),
    ],
)

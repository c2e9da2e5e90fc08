"""Approvals: changes that wait for a second person, and the decisions on them."""

from adminboard.approvals.actions import approve_request, reject_request, withdraw_request
from adminboard.approvals.api import router
from adminboard.approvals.expiry import expire_requests
from adminboard.approvals.listing import approvals
from adminboard.approvals.queries import count_waiting
from adminboard.approvals.web import pages
from adminboard.core.permissions import Permission
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing

area = Area(
    name="approvals",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS,
            "Approvals",
            "/approvals",
            "checklist",
            Permission.APPROVALS_READ,
            order=40,
            count=count_waiting,
        )
    ],
    listings=[approvals],
    actions=[approve_request, reject_request, withdraw_request],
    pages=pages,
    api=router,
    search=[
        search_listing(
            approvals,
            icon="checklist",
            headline=("target_label",),
            details=("action", "amount", "status", "created_at"),
        )
    ],
    jobs=[PeriodicJob("expire_requests", EVERY_MINUTE, expire_requests)],
    help_pages=[
        HelpPage(
            "approve",
            "Approve or reject a request",
            ("/approvals", "/actions/approvals.approve", "/actions/approvals.reject"),
        ),
    ],
)

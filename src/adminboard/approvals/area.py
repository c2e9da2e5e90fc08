"""Approvals: changes that wait for a second person, and the decisions on them."""

from adminboard.approvals.actions import approve_request, reject_request, withdraw_request
from adminboard.approvals.expiry import expire_requests
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area

area = Area(
    name="approvals",
    actions=[approve_request, reject_request, withdraw_request],
    jobs=[PeriodicJob("expire_requests", EVERY_MINUTE, expire_requests)],
)

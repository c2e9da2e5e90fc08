"""The areas of the board, in the order in which one may build on another."""

from collections.abc import Sequence

from adminboard import models as _every_table  # noqa: F401 - foreign keys resolve only when all are known
from adminboard.agents.area import area as agents
from adminboard.appointments.area import area as appointments
from adminboard.approvals.area import area as approvals
from adminboard.audit.area import area as audit
from adminboard.auth.area import area as auth
from adminboard.billing.area import area as billing
from adminboard.bulk.area import area as bulk
from adminboard.businesses.area import area as businesses
from adminboard.calls.area import area as calls
from adminboard.configuration.area import area as configuration
from adminboard.credits.area import area as credits_area
from adminboard.customers.area import area as customers
from adminboard.dashboard.area import area as dashboard
from adminboard.entitlements.area import area as entitlements
from adminboard.figures.area import area as figures
from adminboard.guide.area import area as guide
from adminboard.notes.area import area as notes
from adminboard.notifications.area import area as notifications
from adminboard.promotions.area import area as promotions
from adminboard.reconciliation.area import area as reconciliation
from adminboard.system.area import area as system
from adminboard.users.area import area as users
from adminboard.web.area import Area
from adminboard.webhooks.area import area as webhooks

AREAS: Sequence[Area] = (
    auth,
    audit,
    configuration,
    approvals,
    notifications,
    figures,
    system,
    bulk,
    users,
    billing,
    credits_area,
    entitlements,
    businesses,
    agents,
    calls,
    appointments,
    promotions,
    customers,
    notes,
    webhooks,
    reconciliation,
    dashboard,
    guide,
)

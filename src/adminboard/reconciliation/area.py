"""Reconciliation: what differs from Stripe and repairing it; plans and promotion codes kept in step."""

from adminboard.billing.happenings import REPAIRED
from adminboard.core.permissions import Permission
from adminboard.jobs import PeriodicJob
from adminboard.reconciliation import steering
from adminboard.reconciliation.actions import fix_differences, run_reconciliation
from adminboard.reconciliation.api import router
from adminboard.reconciliation.comparing import COMPARISON
from adminboard.reconciliation.customer_repair import fix_customer
from adminboard.reconciliation.fixing import FIXING
from adminboard.reconciliation.jobs import begin_hourly
from adminboard.reconciliation.listing import results, runs
from adminboard.reconciliation.plan_sync import sync_plans
from adminboard.reconciliation.promotion_sync import SYNC
from adminboard.reconciliation.web import pages
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem

area = Area(
    name="reconciliation",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS,
            "Reconciliation",
            "/reconciliation",
            "git-compare",
            Permission.BILLING_READ,
            order=20,
        )
    ],
    listings=[runs, results],
    pages=pages,
    actions=[run_reconciliation, *steering.ACTIONS, fix_differences, fix_customer, sync_plans],
    api=router,
    jobs=[PeriodicJob("compare_with_stripe", "37 * * * *", begin_hourly)],
    runs=[COMPARISON, FIXING, SYNC],
    help_pages=[
        HelpPage(
            "reconcile",
            "Reconcile with Stripe",
            (
                "/reconciliation",
                "/actions/reconciliation.run",
                "/actions/reconciliation.fix",
                "/actions/reconciliation.fix_customer",
            ),
        ),
    ],
    titles={REPAIRED: "Repair from Stripe"},
)

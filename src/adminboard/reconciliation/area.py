"""Reconciliation: what differs from Stripe and repairing it; plans and promotion codes kept in step."""

from adminboard.jobs import PeriodicJob
from adminboard.reconciliation.actions import fix_differences, run_reconciliation
from adminboard.reconciliation.api import router
from adminboard.reconciliation.comparing import COMPARISON
from adminboard.reconciliation.customer_repair import fix_customer
from adminboard.reconciliation.fixing import FIXING
from adminboard.reconciliation.jobs import begin_hourly
from adminboard.reconciliation.plan_sync import sync_plans
from adminboard.reconciliation.promotion_sync import SYNC
from adminboard.web.area import Area

area = Area(
    name="reconciliation",
    actions=[run_reconciliation, fix_differences, fix_customer, sync_plans],
    api=router,
    jobs=[PeriodicJob("compare_with_stripe", "37 * * * *", begin_hourly)],
    runs=[COMPARISON, FIXING, SYNC],
)

"""Credits: balances, the ledger, adjustments, and the expiry of what was not spent."""

from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.credits.expiry import expire_due
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area

area = Area(
    name="credits",
    actions=[adjust_credits, reverse_transaction],
    jobs=[PeriodicJob("expire_credits", EVERY_MINUTE, expire_due)],
)

"""Credits: balances, the ledger, adjustments, and the expiry of what was not spent."""

from adminboard.core.permissions import Permission
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.credits.api import router
from adminboard.credits.expiry import expire_due
from adminboard.credits.listing import balances, transactions
from adminboard.credits.search import find_credits
from adminboard.credits.usage_api import usage
from adminboard.credits.web import pages
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area, NavigationGroup, NavigationItem, SearchProvider

area = Area(
    name="credits",
    navigation=[
        NavigationItem(
            NavigationGroup.MONEY, "Credits", "/credits", "coins", Permission.CREDITS_READ, order=20
        )
    ],
    listings=[transactions, balances],
    actions=[adjust_credits, reverse_transaction],
    pages=pages,
    api=router,
    product_api=usage,
    search=[SearchProvider("Credits", Permission.CREDITS_READ, find_credits)],
    jobs=[PeriodicJob("expire_credits", EVERY_MINUTE, expire_due)],
)

"""Credits: balances, the ledger, adjustments, and the expiry of what was not spent."""

from adminboard.core.permissions import Permission
from adminboard.credits.actions import adjust_credits, reverse_transaction
from adminboard.credits.api import router
from adminboard.credits.expiry import expire_due
from adminboard.credits.listing import balances, transactions
from adminboard.credits.search import transactions_search
from adminboard.credits.usage_api import usage
from adminboard.credits.web import pages
from adminboard.jobs import EVERY_MINUTE, PeriodicJob
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem, SubjectPage

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
    search=[transactions_search],
    subject_pages=[SubjectPage("Credits", "user", "/credits?user={}", "coins", Permission.CREDITS_READ)],
    jobs=[PeriodicJob("expire_credits", EVERY_MINUTE, expire_due)],
    help_pages=[
        HelpPage(
            "adjust-credits",
            "Adjust credits",
            ("/credits", "/actions/credits.adjust", "/actions/credits.reverse"),
        ),
    ],
)

"""Customers: the organizations that pay, with their subscription, members and invoices."""

from adminboard.core.permissions import Permission
from adminboard.customers.listing import customers
from adminboard.customers.member_listing import members
from adminboard.customers.page import customer_page, customer_tabs
from adminboard.customers.portal import open_portal, opening_portal
from adminboard.customers.search import customers_search, plans_search
from adminboard.customers.suspension import activate, suspend
from adminboard.customers.timeline.api import router
from adminboard.customers.timeline.tab import timeline_tab
from adminboard.figures.cards import keeping_cards
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem

area = Area(
    name="customers",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS,
            "Customers",
            "/customers",
            "building",
            Permission.CUSTOMERS_READ,
            order=10,
        )
    ],
    listings=[customers, members],
    record_pages=[customer_page],
    record_tabs=[*customer_tabs, timeline_tab],
    api=router,
    actions=[suspend, activate, open_portal],
    operations=[opening_portal],
    jobs=[keeping_cards("keep_customer_cards", customers)],
    search=[customers_search, plans_search],
    help_pages=[
        HelpPage(
            "suspend-a-customer",
            "Suspend a customer",
            ("/customers", "/actions/customers.suspend", "/actions/customers.activate"),
        ),
    ],
)

"""The people who use the product: list, panel, search."""

from adminboard.core.permissions import Permission
from adminboard.users.listing import users
from adminboard.users.search import users_search
from adminboard.users.web import pages
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem

area = Area(
    name="users",
    navigation=[
        NavigationItem(
            NavigationGroup.CUSTOMERS, "Users", "/users", "users", Permission.CUSTOMERS_READ, order=20
        )
    ],
    listings=[users],
    pages=pages,
    search=[users_search],
    help_pages=[
        HelpPage("find-a-user", "Find a user", ("/users", "/search")),
    ],
)

"""Customers: the organizations that pay, with their subscription, members and invoices."""

from adminboard.core.permissions import Permission
from adminboard.customers.listing import customers
from adminboard.web.area import Area, NavigationGroup, NavigationItem

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
    listings=[customers],
)

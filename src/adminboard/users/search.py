"""Users in the global search, and in the fields that choose one."""

from sqlalchemy import select

from adminboard.core.listings import Column, Contains, ExactText
from adminboard.customers.models import Organization
from adminboard.users.listing import users
from adminboard.users.models import User
from adminboard.web.listing_search import search_listing

_COMPANY = select(User.id.label("key")).join(Organization, Organization.id == User.organization_id)

users_search = search_listing(
    users,
    icon="user",
    headline=("full_name", "email"),
    details=("email", "company"),
    subject="user",
    columns=[
        Column(
            "Company",
            select(Organization.name)
            .where(Organization.id == User.organization_id)
            .correlate(User)
            .scalar_subquery(),
        )
    ],
    also=[
        ExactText(Organization.stripe_customer_id, through=_COMPANY),
        Contains((Organization.name,), through=_COMPANY),
    ],
)

"""Customers in the global search, and the plans they have, by name or by Stripe's ids of what is sold."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.core.actor import Actor
from adminboard.core.permissions import Permission
from adminboard.customers.listing import customers
from adminboard.web.area import Hit, SearchProvider
from adminboard.web.formatting import format_money
from adminboard.web.listing_search import search_listing

customers_search = search_listing(
    customers,
    icon="building",
    headline=("name",),
    details=("slug", "subscription_status"),
    subject="customer",
)


def find_plans(session: Session, actor: Actor, term: str, limit: int) -> Sequence[Hit]:  # noqa: ARG001 - the kit's
    """Plans of this name, slug, product or price. There are few of them, so one query reads them all."""
    rows = session.execute(
        select(Plan)
        .where(
            or_(
                func.lower(Plan.name) == term.lower(),
                Plan.slug == term.lower(),
                Plan.stripe_product_id == term,
                Plan.stripe_price_id == term,
            )
        )
        .order_by(Plan.name, Plan.id)
        .limit(limit)
    ).scalars()
    return [
        Hit(
            plan.name,
            f"{format_money(plan.amount_cents, plan.currency)} a {plan.interval}, who has it",
            f"/customers?plan={plan.slug}",
            "building",
            str(plan.id),
        )
        for plan in rows
    ]


plans_search = SearchProvider("Plans", Permission.CUSTOMERS_READ, find_plans)

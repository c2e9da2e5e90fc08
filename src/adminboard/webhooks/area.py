"""Webhooks: what happened in billing, how Stripe told it, and what became of it."""

from adminboard.core.permissions import Permission
from adminboard.web.area import Area, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing
from adminboard.webhooks.incoming import incoming
from adminboard.webhooks.jobs import apply_due, apply_events
from adminboard.webhooks.listing import events
from adminboard.webhooks.web import pages

area = Area(
    name="webhooks",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS, "Webhooks", "/webhooks", "webhook", Permission.WEBHOOKS_READ, order=10
        )
    ],
    listings=[events],
    pages=pages,
    incoming=incoming,
    jobs=[apply_due],
    deferred=[apply_events],
    search=[
        search_listing(
            events,
            icon="webhook",
            title="Billing events",
            headline=("event_type",),
            details=("customer", "received_at", "processing_status"),
        )
    ],
)

"""Webhooks: what happened in billing, how Stripe told it, and what became of it."""

from adminboard.core.permissions import Permission
from adminboard.web.area import Area, HelpPage, NavigationGroup, NavigationItem
from adminboard.web.listing_search import search_listing
from adminboard.web.record_page import ListTab
from adminboard.webhooks.api import router
from adminboard.webhooks.incoming import incoming
from adminboard.webhooks.jobs import apply_due, apply_events, explain_failed, explain_left_over, find_gaps
from adminboard.webhooks.listing import events
from adminboard.webhooks.replay_event import replay_event
from adminboard.webhooks.replay_failed import replay_failed
from adminboard.webhooks.replay_run import REPLAY
from adminboard.webhooks.web import pages

area = Area(
    name="webhooks",
    navigation=[
        NavigationItem(
            NavigationGroup.OPERATIONS, "Webhooks", "/webhooks", "webhook", Permission.WEBHOOKS_READ, order=10
        )
    ],
    listings=[events],
    record_tabs=[ListTab(page="customer", label="Events", path="events", order=60, listing=events)],
    pages=pages,
    incoming=incoming,
    api=router,
    actions=[replay_event, replay_failed],
    jobs=[apply_due, explain_left_over, find_gaps],
    runs=[REPLAY],
    deferred=[apply_events, explain_failed],
    search=[
        search_listing(
            events,
            icon="webhook",
            title="Billing events",
            headline=("event_type",),
            details=("customer", "received_at", "processing_status"),
        )
    ],
    help_pages=[
        HelpPage(
            "replay-webhooks",
            "Replay webhooks",
            ("/webhooks", "/actions/webhooks.replay", "/actions/webhooks.replay_failed"),
        ),
    ],
)

"""The events of one replay: whether each was put back, and how it stands since."""

from sqlalchemy import Uuid, cast, func, select

from adminboard.billing.event_models import BillingEvent, ProcessingStatus
from adminboard.core.listings import Choice, Column, Listing, Noun, Option, Reference
from adminboard.core.listings.fixed import fix_listing
from adminboard.core.models import RunRow, RunRowStatus
from adminboard.core.permissions import Permission
from adminboard.customers.models import Organization

_WORDS = (RunRowStatus.READY, RunRowStatus.DONE, RunRowStatus.SKIPPED)


_EVENT_ID = cast(RunRow.input["event"].astext, Uuid)


def _columns() -> list[Column]:
    return [
        Column(
            "Row",
            RunRow.number,
            key="number",
            cell="number",
            sort=True,
            priority=1,
            align="end",
            width_px=64,
        ),
        Column(
            "Type",
            BillingEvent.event_type,
            key="event_type",
            width_px=240,
            priority=1,
            link=lambda row: f"/webhooks?selected={row.event}",
        ),
        Column("Customer", Organization.name, key="customer"),
        Column("Put back", RunRow.status, key="status", cell="badge", priority=1, width_px=112),
        Column("Now", BillingEvent.processing_status, key="now", cell="badge", priority=1, width_px=120),
        Column(
            "Error",
            func.coalesce(RunRow.error, BillingEvent.last_error),
            key="error",
            cell="sentence",
            missing="none",
            priority=1,
        ),
        Column("Stripe event", BillingEvent.stripe_event_id, key="stripe_event_id", cell="id", shown=False),
    ]


replayed_events = fix_listing(
    Listing(
        name="replayed_events",
        title="Events",
        noun=Noun("event", "events"),
        path="/webhooks/replays/{run}",
        permission=Permission.WEBHOOKS_READ,
        has_page=False,
        select=select(RunRow)
        .outerjoin(BillingEvent, BillingEvent.id == _EVENT_ID)
        .outerjoin(Organization, Organization.id == BillingEvent.organization_id),
        key=RunRow.number,
        keys_repeat=True,
        columns=_columns(),
        filters=[
            Choice(
                "status",
                "Put back",
                RunRow.status,
                options=[Option(word.value, word.value) for word in _WORDS],
            ),
            Choice(
                "now",
                "Now",
                BillingEvent.processing_status,
                options=[Option(word.value, word.value) for word in ProcessingStatus],
            ),
            Reference("run", "Run", RunRow.run_id),
        ],
        sort="number",
        extras={"event": RunRow.input["event"].astext},
        empty="The replay found no event.",
    ),
    "run",
)
"""The rows of one replay, on its page; their CSV is the result file."""

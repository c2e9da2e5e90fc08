"""The list of billing events, from Stripe and by hand."""

from collections.abc import Sequence
from urllib.parse import urlencode

from sqlalchemy import select

from adminboard.billing.customer import StripeId
from adminboard.billing.event_models import BillingEvent, BillingEventSource, ProcessingStatus
from adminboard.billing.event_payloads import object_id, payment_intent_id
from adminboard.core.listings import (
    BuiltInView,
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Pick,
    Records,
    Search,
    words_of,
)
from adminboard.core.listings.filters import Parameters, Reader
from adminboard.core.listings.picks import read_id
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import (
    CHARGE_ID,
    CUSTOMER_ID,
    EVENT_ID,
    INVOICE_ID,
    OTHER_OBJECT_ID,
    REFUND_ID,
    SUBSCRIPTION_ID,
)
from adminboard.core.titles import title_of
from adminboard.customers.models import Organization
from adminboard.webhooks.queries import find_event_id, get_event_detail

_PICKED = Organization.__table__.alias("picked_customer")
_OBJECT_ID = ("pm_", *OTHER_OBJECT_ID)


def _options(words: Sequence[str]) -> list[Option]:
    return [Option(word, word) for word in words]


RECEIVED = DateRange("received", "Received", BillingEvent.received_at)


def fill_replay(parameters: Parameters, reader: Reader) -> dict[str, str]:
    """What the replay of failed events begins with: the types, customers and days that the list shows, and as
    the list itself reads it whatever else narrows it."""
    days = RECEIVED.read_days(parameters, reader)
    since, until = days.moments() if days is not None else (None, None)
    customers = parameters.get("customer", ())
    are_named = any(read_id(text.strip()) is None for text in customers)
    others = ("q", "status", "source", *(("customer",) if are_named else ()))
    fields = {
        "event_type": ", ".join(parameters.get("type", ())),
        "customer": "" if are_named else ", ".join(customers),
        "matching": urlencode(
            {name: list(parameters[name]) for name in others if name in parameters}, doseq=True
        ),
        "since": since.isoformat() if since is not None else "",
        "until": until.isoformat() if until is not None else "",
    }
    return {name: value for name, value in fields.items() if value}


events = Listing(
    name="webhooks",
    title="Webhooks",
    noun=Noun("event", "events"),
    path="/webhooks",
    permission=Permission.WEBHOOKS_READ,
    select=select(BillingEvent).outerjoin(Organization, Organization.id == BillingEvent.organization_id),
    key=BillingEvent.id,
    columns=[
        Column(
            "Received", BillingEvent.received_at, key="received_at", cell="datetime", sort=True, priority=1
        ),
        Column("Type", BillingEvent.event_type, key="event_type", cell="title", width_px=240, priority=1),
        Column(
            "Customer",
            Organization.name,
            key="customer",
            link=lambda row: f"/customers?selected={row.organization_id}" if row.organization_id else None,
        ),
        Column("Source", BillingEvent.source, cell="word", priority=3),
        Column("Status", BillingEvent.processing_status, key="processing_status", cell="badge", priority=1),
        Column(
            "Amount",
            BillingEvent.amount_cents,
            key="amount_cents",
            cell="money",
            align="end",
            companion=BillingEvent.currency,
        ),
        Column("Attempts", BillingEvent.attempts, cell="number", align="end", priority=3),
        Column("Notes", BillingEvent.notes, cell="long_text", mask=Mask.HIDDEN, priority=3),
        Column("Stripe event", BillingEvent.stripe_event_id, key="stripe_event_id", cell="id", shown=False),
        Column("Error", BillingEvent.last_error, key="last_error", cell="long_text", shown=False),
    ],
    search=Search(
        sources=(
            StripeId(BillingEvent.stripe_event_id, beginnings=EVENT_ID),
            StripeId(BillingEvent.stripe_customer_id, beginnings=CUSTOMER_ID),
            StripeId(BillingEvent.stripe_subscription_id, beginnings=SUBSCRIPTION_ID),
            StripeId(BillingEvent.stripe_invoice_id, beginnings=INVOICE_ID),
            StripeId(BillingEvent.stripe_charge_id, beginnings=CHARGE_ID),
            StripeId(BillingEvent.stripe_refund_id, beginnings=REFUND_ID),
            StripeId(object_id(), beginnings=_OBJECT_ID),
            StripeId(payment_intent_id(), beginnings=("pi_",)),
            IdPrefix(BillingEvent.id),
        ),
        placeholder="Any Stripe id",
    ),
    filters=[
        Choice("type", "Type", BillingEvent.event_type, options=words_of(BillingEvent.event_type, title_of)),
        Pick(
            "customer",
            "Customer",
            BillingEvent.organization_id,
            records=Records(
                _PICKED.c.id,
                _PICKED.c.name,
                hint=_PICKED.c.slug,
                search=Search(
                    (Contains((_PICKED.c.name, _PICKED.c.slug)), IdPrefix(_PICKED.c.id)),
                    "Name or slug",
                ),
            ),
            settles="customer",
        ),
        Choice("status", "Status", BillingEvent.processing_status, options=_options(list(ProcessingStatus))),
        Choice("source", "Source", BillingEvent.source, options=_options(list(BillingEventSource))),
        RECEIVED,
    ],
    sort="-received_at",
    live=True,
    extras={"organization_id": BillingEvent.organization_id},
    detail=Detail(
        get_event_detail,
        "webhooks/detail.html",
        find_id=find_event_id,
        title=lambda record: record.event_type,
    ),
    actions=("webhooks.replay_failed",),
    fill=fill_replay,
    empty="An event appears here as soon as Stripe sends one, or staff change something in billing.",
    views=[
        BuiltInView("Failed", "status=failed"),
        BuiltInView("Not yet processed", "status=received&status=processing"),
        BuiltInView("By hand", "source=manual"),
    ],
)

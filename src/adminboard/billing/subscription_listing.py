"""The list of subscriptions."""

from sqlalchemy import ColumnElement, func, select

from adminboard.billing.alerts import is_not, is_trial_ending
from adminboard.billing.customer import (
    NOTE,
    TABS,
    StripeId,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.models import ENDS_AT, Plan, Subscription, SubscriptionStatus
from adminboard.billing.plans import is_to_plan, plan_options
from adminboard.billing.subscription_detail import find_subscription_id, get_subscription_detail
from adminboard.core.listings import (
    COMING_DAYS,
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Flag,
    Listing,
    Noun,
    Option,
    Sort,
)
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import ITEM_ID, SUBSCRIPTION_ID
from adminboard.customers.models import Organization


def count_of(status: SubscriptionStatus) -> ColumnElement[int]:
    """How many of the rows have this status."""
    return func.count().filter(Subscription.status == status)


subscriptions = Listing(
    name="subscriptions",
    title="Subscriptions",
    noun=Noun("subscription", "subscriptions"),
    path="/billing/subscriptions",
    permission=Permission.BILLING_READ,
    select=select(Subscription)
    .outerjoin(Organization, Organization.id == Subscription.organization_id)
    .outerjoin(Plan, Plan.id == Subscription.plan_id),
    key=Subscription.id,
    columns=[
        customer_column(),
        Column("Plan", Plan.name, cell="badge", priority=1, width_px=206),
        Column("Status", Subscription.status, cell="badge", priority=1, width_px=184),
        Column(
            "Period end",
            Subscription.current_period_end,
            key="current_period_end",
            cell="datetime",
            sort=Sort(Subscription.current_period_end, nullable=True),
        ),
        Column("Cancels?", Subscription.cancel_at_period_end, key="cancel_at_period_end", cell="boolean"),
        Column("Ends", ENDS_AT, key="ends_at", cell="datetime", shown=False),
        Column("Pause", Subscription.pause_behavior, key="pause_behavior", cell="badge", shown=False),
        Column("Seats", Subscription.quantity, key="quantity", cell="number", align="end"),
        Column("Trial end", Subscription.trial_end, key="trial_end", cell="datetime", shown=False),
        Column(
            "Started",
            Subscription.created_at,
            key="created_at",
            cell="datetime",
            sort=True,
            priority=3,
            width_px=96,
        ),
        Column(
            "Stripe id",
            Subscription.stripe_subscription_id,
            key="stripe_subscription_id",
            cell="id",
            shown=False,
        ),
        Column("Customer id", Subscription.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=customer_search(
        Subscription.id,
        Subscription.organization_id,
        (
            StripeId(Subscription.stripe_subscription_id, beginnings=SUBSCRIPTION_ID),
            StripeId(Subscription.stripe_item_id, beginnings=ITEM_ID),
        ),
        "Customer, email or any id",
    ),
    filters=[
        customer_filter(Subscription.organization_id),
        Choice(
            "status",
            "Status",
            Subscription.status,
            options=[Option(word.value, word.value.replace("_", " ")) for word in SubscriptionStatus],
        ),
        Choice("plan", "Plan", options=plan_options, where=is_to_plan),
        DateRange("period_end", "Period end", Subscription.current_period_end, COMING_DAYS),
        DateRange("started", "Started", Subscription.created_at),
        Flag("cancels", "Cancels", Subscription.cancel_at_period_end, yes_label="set to", no_label="no"),
        Flag(
            "paused",
            "Collection",
            Subscription.pause_behavior.is_not(None),
            yes_label="paused",
            no_label="not paused",
        ),
        Flag(
            "ending",
            "Trial ends",
            is_trial_ending(),
            no=is_not(is_trial_ending()),
            yes_label="within 24 hours",
            no_label="later or never",
        ),
    ],
    sort="-created_at",
    detail=Detail(
        get_subscription_detail,
        "billing/subscription.html",
        find_id=find_subscription_id,
        title=lambda record: record.customer.name,
    ),
    empty="A subscription appears here as soon as Stripe tells of it.",
    views=[
        BuiltInView("Trials ending", "ending=yes"),
        BuiltInView("Behind with payment", "status=past_due&status=unpaid"),
        BuiltInView("Leaving", "cancels=yes&sort=current_period_end"),
    ],
    keeps_cards=True,
    cards=[
        Card("Subscriptions", func.count()),
        Card("Active", count_of(SubscriptionStatus.ACTIVE), query="status=active"),
        Card("On trial", count_of(SubscriptionStatus.TRIALING), query="status=trialing"),
        Card("Past due", count_of(SubscriptionStatus.PAST_DUE), query="status=past_due", tone="warning"),
        Card(
            "Set to cancel",
            func.count().filter(Subscription.cancel_at_period_end),
            query="cancels=yes",
        ),
    ],
    tabs=TABS,
    note=NOTE,
)

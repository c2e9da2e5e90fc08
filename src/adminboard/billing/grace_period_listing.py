"""The list of grace periods: time given to customers whose payment failed."""

from sqlalchemy import func, select

from adminboard.billing.alerts import is_grace_ending, is_not
from adminboard.billing.customer import (
    NOTE,
    TABS,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.event_models import GracePeriod, GracePeriodStatus
from adminboard.billing.grace_period_detail import get_grace_period_detail, grace_status_is, grace_status_now
from adminboard.billing.plans import is_graced_under_plan, plan_options, probe_graced
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
)
from adminboard.core.permissions import Permission
from adminboard.customers.models import Organization

grace_periods = Listing(
    name="grace_periods",
    title="Grace periods",
    noun=Noun("grace period", "grace periods"),
    path="/billing/grace-periods",
    permission=Permission.BILLING_READ,
    select=select(GracePeriod).outerjoin(Organization, Organization.id == GracePeriod.organization_id),
    key=GracePeriod.id,
    columns=[
        customer_column(),
        Column("From", GracePeriod.starts_at, key="starts_at", cell="datetime", sort=True),
        Column("Until", GracePeriod.ends_at, key="ends_at", cell="datetime", sort=True, priority=1),
        Column("Reason", GracePeriod.reason, cell="long_text"),
        Column("Status", grace_status_now(), cell="badge", priority=1),
        Column("Customer id", GracePeriod.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=customer_search(
        GracePeriod.id,
        GracePeriod.organization_id,
        (),
        "Customer, email or any id",
    ),
    filters=[
        customer_filter(GracePeriod.organization_id),
        Choice(
            "status",
            "Status",
            options=[Option(word.value, word.value) for word in GracePeriodStatus],
            where=grace_status_is,
        ),
        Choice("plan", "Plan", options=plan_options, where=is_graced_under_plan, probe=probe_graced),
        DateRange("starts", "From", GracePeriod.starts_at),
        DateRange("ends", "Until", GracePeriod.ends_at, COMING_DAYS),
        Flag(
            "ending",
            "Ends",
            is_grace_ending(),
            no=is_not(is_grace_ending()),
            yes_label="within 48 hours",
            no_label="later or ended",
        ),
    ],
    sort="-starts_at",
    detail=Detail(
        get_grace_period_detail, "billing/grace_period.html", title=lambda record: record.customer.name
    ),
    empty="A grace period starts with the first payment of a customer that fails.",
    views=[
        BuiltInView("Ending soon", "ending=yes&sort=ends_at"),
        BuiltInView("Open", "status=open&sort=ends_at"),
    ],
    keeps_cards=True,
    cards=[
        Card("Open", func.count().filter(grace_status_is([GracePeriodStatus.OPEN])), query="status=open"),
        Card(
            "Ending",
            func.count().filter(is_grace_ending()),
            hint="within 48 hours",
            query="ending=yes",
            tone="warning",
        ),
        Card(
            "Recovered",
            func.count().filter(grace_status_is([GracePeriodStatus.RECOVERED])),
            query="status=recovered",
        ),
        Card(
            "Lapsed", func.count().filter(grace_status_is([GracePeriodStatus.LAPSED])), query="status=lapsed"
        ),
    ],
    tabs=TABS,
    note=NOTE,
)

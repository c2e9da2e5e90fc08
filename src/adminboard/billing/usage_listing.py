"""The list of usage by billing period."""

from sqlalchemy import func, select

from adminboard.billing.customer import (
    NOTE,
    TABS,
    customer_column,
    customer_filter,
    customer_search,
)
from adminboard.billing.models import UsagePeriod
from adminboard.billing.plans import is_used_under_plan, plan_options, probe_used
from adminboard.billing.usage_detail import currency_of_usage, get_usage_detail
from adminboard.core.listings import (
    BuiltInView,
    Card,
    Choice,
    Column,
    DateRange,
    Detail,
    Flag,
    Listing,
    Noun,
)
from adminboard.core.permissions import Permission
from adminboard.customers.models import Organization

usage = Listing(
    name="usage",
    title="Usage",
    noun=Noun("usage period", "usage periods"),
    path="/billing/usage",
    permission=Permission.BILLING_READ,
    select=select(UsagePeriod).outerjoin(Organization, Organization.id == UsagePeriod.organization_id),
    key=UsagePeriod.id,
    columns=[
        customer_column(),
        Column(
            "Period",
            UsagePeriod.period_start,
            key="period_start",
            cell="datetime",
            sort=True,
            priority=1,
        ),
        Column("Until", UsagePeriod.period_end, key="period_end", cell="datetime"),
        Column(
            "Used (min)",
            UsagePeriod.minutes_used,
            key="minutes_used",
            cell="number",
            align="end",
            sort=True,
            priority=1,
        ),
        Column(
            "Limit (min)",
            UsagePeriod.minutes_limit,
            key="minutes_limit",
            cell="number",
            align="end",
        ),
        Column(
            "Overage",
            UsagePeriod.overage_cents,
            key="overage_cents",
            cell="money",
            align="end",
            companion=currency_of_usage(),
            sort=True,
            priority=1,
        ),
        Column("Customer id", UsagePeriod.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=customer_search(
        UsagePeriod.id,
        UsagePeriod.organization_id,
        (),
        "Customer, email or any id",
    ),
    filters=[
        customer_filter(UsagePeriod.organization_id),
        Choice("plan", "Plan", options=plan_options, where=is_used_under_plan, probe=probe_used),
        DateRange("period", "Period", UsagePeriod.period_start),
        Flag("overage", "Overage", UsagePeriod.overage_cents > 0, yes_label="only", no_label="none"),
    ],
    sort="-period_start",
    detail=Detail(get_usage_detail, "billing/usage.html", title=lambda record: record.customer.name),
    empty="A period appears here with a customer's first minutes.",
    views=[BuiltInView("Largest overage", "overage=yes&sort=-overage_cents")],
    keeps_cards=True,
    cards=[
        Card("Periods", func.count()),
        Card("Minutes used", func.coalesce(func.sum(UsagePeriod.minutes_used), 0)),
        Card(
            "With overage",
            func.count().filter(UsagePeriod.overage_cents > 0),
            query="overage=yes",
            tone="warning",
        ),
    ],
    tabs=TABS,
    note=NOTE,
    tone=lambda row: "yellow" if row.overage_cents else None,
)

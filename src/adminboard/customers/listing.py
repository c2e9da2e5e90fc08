"""The list of customers."""

from sqlalchemy import BigInteger, String, cast, func, select

from adminboard.billing.customer import StripeId
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.event_payloads import payment_intent_id
from adminboard.billing.models import Invoice, PaymentMethod, Plan, Refund, Subscription, SubscriptionStatus
from adminboard.billing.plans import plan_options
from adminboard.core.listings import (
    BuiltInView,
    Card,
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    Flag,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Search,
    Sort,
)
from adminboard.core.permissions import Permission
from adminboard.core.stripe_ids import (
    CHARGE_ID,
    CUSTOMER_ID,
    EVENT_ID,
    INVOICE_ID,
    ITEM_ID,
    PAYMENT_METHOD_ID,
    REFUND_ID,
    SUBSCRIPTION_ID,
)
from adminboard.customers.detail import find_customer_id, get_customer_detail
from adminboard.customers.models import Membership, MembershipStatus, Organization, OrganizationStatus
from adminboard.customers.queries import (
    count_active_members,
    count_invoices,
    customers_with_subscription,
    has_valid_payment_method,
    last_activity,
    monthly_revenue_cents,
    paid_users,
)
from adminboard.users.models import User
from adminboard.users.payer_subscription import (
    has_subscription_status,
    probe_subscription_status,
    subscription_status,
)
from adminboard.users.queries import has_plan_in_force, override_plan_name, probe_plan

_MEMBERS = (
    select(Membership.organization_id.label("key"))
    .join(User, User.id == Membership.user_id)
    .where(Membership.status != MembershipStatus.REMOVED)
)
_STRIPE_IDS = (
    StripeId(Organization.stripe_customer_id, beginnings=CUSTOMER_ID),
    *(
        StripeId(column, select(column.class_.organization_id.label("key")), beginnings)
        for column, beginnings in (
            (Subscription.stripe_subscription_id, SUBSCRIPTION_ID),
            (Subscription.stripe_item_id, ITEM_ID),
            (Invoice.stripe_invoice_id, INVOICE_ID),
            (PaymentMethod.stripe_payment_method_id, PAYMENT_METHOD_ID),
            (Refund.stripe_refund_id, REFUND_ID),
            (BillingEvent.stripe_charge_id, CHARGE_ID),
            (BillingEvent.stripe_event_id, EVENT_ID),
        )
    ),
    StripeId(payment_intent_id(), select(BillingEvent.organization_id.label("key")), beginnings=("pi_",)),
)

customers = Listing(
    name="customers",
    title="Customers",
    noun=Noun("customer", "customers"),
    path="/customers",
    permission=Permission.CUSTOMERS_READ,
    select=customers_with_subscription(),
    key=Organization.id,
    columns=[
        Column(
            "Organization",
            Organization.name,
            key="name",
            sort=Sort(func.lower(Organization.name, type_=String)),
            priority=1,
            width_px=190,
        ),
        Column("Status", Organization.status, cell="badge", priority=1),
        Column(
            "Plan",
            func.coalesce(override_plan_name(Organization.id), Plan.name),
            key="plan",
            cell="badge",
            width_px=214,
        ),
        Column(
            "Subscription",
            subscription_status(Organization.id),
            key="subscription_status",
            cell="badge",
            priority=1,
        ),
        Column("Seats", Subscription.quantity, key="quantity", cell="number", align="end"),
        Column("Active users", count_active_members(), key="active_users", cell="number", align="end"),
        Column("Invoices", count_invoices(), key="invoice_count", cell="number", align="end", priority=3),
        Column(
            "MRR",
            monthly_revenue_cents(),
            key="mrr_cents",
            cell="money",
            align="end",
            companion=Plan.currency,
            priority=1,
        ),
        Column("Last activity", last_activity(), key="last_activity_at", cell="datetime"),
        Column("Created", Organization.created_at, key="created_at", cell="datetime", sort=True, shown=False),
        Column("Slug", Organization.slug, shown=False),
        Column(
            "Stripe customer",
            Organization.stripe_customer_id,
            key="stripe_customer_id",
            cell="id",
            shown=False,
        ),
    ],
    search=Search(
        sources=(
            Contains((Organization.name, Organization.slug)),
            Contains((User.email,), through=_MEMBERS),
            *_STRIPE_IDS,
            IdPrefix(Organization.id),
        ),
        placeholder="Name, email or any id",
    ),
    filters=[
        Choice(
            "status",
            "Status",
            Organization.status,
            options=[Option(word.value, word.value) for word in OrganizationStatus],
        ),
        Choice(
            "plan",
            "Plan",
            options=plan_options,
            where=lambda slugs: has_plan_in_force(slugs, Organization.id),
            probe=lambda slugs: probe_plan(slugs, Organization.id),
        ),
        Choice(
            "subscription",
            "Subscription",
            options=[Option(word.value, word.value.replace("_", " ")) for word in SubscriptionStatus],
            where=lambda words: has_subscription_status(words, Organization.id),
            probe=lambda words: probe_subscription_status(words, Organization.id),
        ),
        Flag(
            "payment_method",
            "Payment method",
            has_valid_payment_method(),
            ~has_valid_payment_method(),
            yes_label="valid",
            no_label="none that is valid",
        ),
        DateRange("created", "Created", Organization.created_at),
    ],
    keeps_cards=True,
    cards=[
        Card("Organizations", func.count()),
        Card(
            "Active",
            func.count().filter(Organization.status == OrganizationStatus.ACTIVE),
            query="status=active",
        ),
        Card(
            "Users",
            cast(func.coalesce(func.sum(paid_users.c.users), 0), BigInteger),
            hint="whom they pay for",
        ),
        Card(
            "Paying",
            func.count().filter(Subscription.status == SubscriptionStatus.ACTIVE),
            query="subscription=active",
            hint="with an active subscription",
        ),
    ],
    sort="-created_at",
    detail=Detail(
        get_customer_detail,
        "customers/detail.html",
        find_id=find_customer_id,
        title=lambda record: record.name,
    ),
    empty="An organization appears here with the first sign-up in the product.",
    views=[
        BuiltInView("Behind with payment", "subscription=past_due&subscription=unpaid"),
        BuiltInView("Cannot be charged", "payment_method=no&subscription=active"),
        BuiltInView("Suspended", "status=suspended"),
    ],
)

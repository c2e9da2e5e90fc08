"""The list of users."""

from sqlalchemy import String, case, func, select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan, SubscriptionStatus
from adminboard.core.listings import (
    BuiltInView,
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
    Reference,
    Search,
    Sort,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.credits.models import CreditBalance
from adminboard.customers.models import customer_named, customer_records
from adminboard.users.lookup import GoogleId, get_user
from adminboard.users.models import User, UserFigures
from adminboard.users.payer_subscription import has_subscription_status, probe_subscription_status
from adminboard.users.queries import (
    get_user_detail,
    has_plan_in_force,
    has_valid_override,
    override_plan_name,
    probe_plan,
    users_with_plan,
)


def plan_options(session: Session) -> list[Option]:
    """Every plan there is, by name."""
    rows = session.execute(select(Plan.slug, Plan.name).order_by(Plan.name))
    return [Option(row.slug, row.name) for row in rows]


users = Listing(
    name="users",
    title="Users",
    noun=Noun("user", "users"),
    path="/users",
    permission=Permission.CUSTOMERS_READ,
    select=users_with_plan(),
    key=User.id,
    columns=[
        Column(
            "Email",
            User.email,
            cell="email",
            sort=Sort(func.lower(User.email, type_=String)),
            mask=Mask.EMAIL,
            priority=1,
            width_px=196,
        ),
        Column(
            "Full name",
            User.full_name,
            sort=Sort(func.lower(User.full_name, type_=String), nullable=True),
            priority=1,
            width_px=118,
        ),
        Column("Plan", func.coalesce(override_plan_name(), Plan.name), cell="badge", width_px=148),
        Column(
            "Status",
            case((User.is_active, "active"), else_="inactive"),
            cell="badge",
            width_px=104,
            sort=Sort(User.is_active),
        ),
        Column("Created", User.created_at, key="created_at", cell="datetime", sort=True, width_px=96),
        Column(
            "Credits",
            CreditBalance.total,
            cell="credits",
            align="end",
            priority=1,
            width_px=96,
            sort=Sort(CreditBalance.total, tiebreak=CreditBalance.user_id, nullable=True),
        ),
        Column(
            "Calls (30 d)",
            func.coalesce(UserFigures.calls_30d, 0),
            key="calls_30d",
            cell="number",
            align="end",
            sort=Sort(
                UserFigures.calls_30d, tiebreak=UserFigures.user_id, nullable=True, nulls_are_least=True
            ),
        ),
        Column(
            "Last login",
            User.last_login_at,
            key="last_login_at",
            cell="datetime",
            sort=Sort(User.last_login_at, nullable=True),
            priority=3,
            width_px=96,
        ),
    ],
    search=Search(
        sources=(Contains((User.email, User.full_name)), IdPrefix(User.id), GoogleId(User.google_id)),
        placeholder="Email, name or id",
    ),
    filters=[
        Choice("plan", "Plan", options=plan_options, where=has_plan_in_force, probe=probe_plan),
        Choice(
            "subscription",
            "Subscription",
            options=[Option(status.value, status.value.replace("_", " ")) for status in SubscriptionStatus],
            where=has_subscription_status,
            probe=probe_subscription_status,
        ),
        Flag("active", "Active", User.is_active, yes_label="active", no_label="inactive"),
        DateRange("created", "Signed up", User.created_at),
        Flag("override", "Has override", has_valid_override()),
        Reference(
            "customer", "Customer", User.organization_id, named=customer_named, records=customer_records
        ),
    ],
    sort="-created_at",
    extras={"organization_id": User.organization_id},
    detail=Detail(
        get_user_detail,
        "users/detail.html",
        find_id=lambda session, name: get_user(session, name).id,
        title=lambda user: user.full_name or user.email,
    ),
    empty="Users appear here as soon as they sign up in the product.",
    views=[BuiltInView("Top callers", "sort=-calls_30d"), BuiltInView("On trial", "subscription=trialing")],
)

"""The list of memberships: the people of each organization."""

from sqlalchemy import case, select

from adminboard.billing.customer import customer_filter
from adminboard.core.listings import (
    Choice,
    Column,
    Contains,
    DateRange,
    Detail,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Search,
    Sort,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.customers.member_detail import get_member_detail
from adminboard.customers.models import Membership, MembershipRole, MembershipStatus, Organization
from adminboard.users.models import User

_OF_USERS = select(Membership.id.label("key")).outerjoin(User, User.id == Membership.user_id)

members = Listing(
    name="memberships",
    title="Members",
    noun=Noun("member", "members"),
    path="/memberships",
    has_page=False,
    permission=Permission.CUSTOMERS_READ,
    select=select(Membership)
    .outerjoin(User, User.id == Membership.user_id)
    .outerjoin(Organization, Organization.id == Membership.organization_id),
    key=Membership.id,
    columns=[
        Column("Email", User.email, cell="email", mask=Mask.EMAIL, priority=1),
        Column("Name", User.full_name, key="full_name", priority=1),
        Column("Role", Membership.role, cell="word", width_px=96, priority=1),
        Column("Status", Membership.status, cell="badge", width_px=110, priority=1),
        Column("Account", case((User.is_active, "active"), else_="inactive"), key="account", cell="badge"),
        Column("Last login", User.last_login_at, key="last_login_at", cell="datetime", priority=3),
        Column(
            "Last activity",
            Membership.last_activity_at,
            key="last_activity_at",
            cell="datetime",
            sort=Sort(Membership.last_activity_at, nullable=True),
        ),
        Column("Joined", Membership.created_at, key="created_at", cell="datetime", sort=True, priority=3),
        Column("Customer", Organization.name, key="customer"),
        Column("User id", Membership.user_id, key="user_id", cell="id", shown=False),
        Column("Customer id", Membership.organization_id, key="organization_id", cell="id", shown=False),
    ],
    search=Search(
        sources=(
            Contains((User.email, User.full_name), through=_OF_USERS),
            IdPrefix(Membership.user_id),
            IdPrefix(Membership.id),
        ),
        placeholder="Email, name or id",
    ),
    filters=[
        customer_filter(Membership.organization_id),
        Choice(
            "role",
            "Role",
            Membership.role,
            options=[Option(word.value, word.value) for word in MembershipRole],
        ),
        Choice(
            "status",
            "Status",
            Membership.status,
            options=[Option(word.value, word.value) for word in MembershipStatus],
        ),
        DateRange("active", "Last activity", Membership.last_activity_at),
    ],
    sort="-last_activity_at",
    detail=Detail(
        get_member_detail,
        "customers/member.html",
        title=lambda record: record.full_name or record.email,
    ),
    empty="People appear here as soon as they join the organization in the product.",
)

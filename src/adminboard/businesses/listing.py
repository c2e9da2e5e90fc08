"""The list of businesses."""

from sqlalchemy import func

from adminboard.businesses.models import Business, BusinessFigures
from adminboard.businesses.queries import (
    IS_ACTIVE,
    business_status,
    businesses_with_owner,
    get_business_detail,
    lower_name,
)
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
    PhoneNumber,
    Pick,
    Search,
    Sort,
    words_of,
)
from adminboard.core.listings.related_search import Related
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.users.lookup import user_records
from adminboard.users.models import User

_owner = User.__table__.alias("searched_owner")

businesses = Listing(
    name="businesses",
    title="Businesses",
    noun=Noun("business", "businesses"),
    path="/businesses",
    permission=Permission.CUSTOMERS_READ,
    select=businesses_with_owner(),
    key=Business.id,
    columns=[
        Column("Name", Business.name, sort=Sort(lower_name()), width_px=146, priority=1),
        Column(
            "Owner",
            User.email,
            key="owner_email",
            cell="email",
            mask=Mask.EMAIL,
            link=lambda row: f"/users?selected={row.owner_id}",
            width_px=176,
        ),
        Column("Industry", Business.industry, width_px=122),
        Column("Phone", Business.primary_phone, key="primary_phone", cell="phone", mask=Mask.PHONE),
        Column(
            "Calls (30 d)",
            func.coalesce(BusinessFigures.calls_30d, 0),
            key="calls_30d",
            cell="number",
            align="end",
            priority=1,
            sort=Sort(
                BusinessFigures.calls_30d,
                tiebreak=BusinessFigures.business_id,
                nullable=True,
                nulls_are_least=True,
            ),
        ),
        Column("Status", business_status(), cell="badge", width_px=108, priority=1),
        Column("Created", Business.created_at, key="created_at", cell="datetime", sort=True, priority=3),
        Column("Time zone", Business.timezone, key="timezone", shown=False),
        Column("Website", Business.website, shown=False),
        Column("Address", Business.address, shown=False),
    ],
    search=Search(
        sources=(
            Contains((Business.name,)),
            PhoneNumber(Business.primary_phone),
            IdPrefix(Business.id),
        ),
        placeholder="Name, owner, phone or id",
        related=Related(
            Business.owner_id, _owner.c.id, Search((Contains((_owner.c.email,)),), "Email of the owner")
        ),
    ),
    filters=[
        Choice("industry", "Industry", Business.industry, options=words_of(Business.industry)),
        Flag("active", "Status", IS_ACTIVE, yes_label="active", no_label="no calls"),
        DateRange("created", "Created", Business.created_at),
        Pick("owner", "Owner", Business.owner_id, records=user_records, settles="owner_email"),
    ],
    sort="-created_at",
    extras={"owner_id": Business.owner_id},
    detail=Detail(get_business_detail, "businesses/detail.html", title=lambda business: business.name),
    empty="Businesses appear here as soon as a user adds one in the product.",
    views=[BuiltInView("Most calls", "sort=-calls_30d"), BuiltInView("Without calls", "active=no")],
)

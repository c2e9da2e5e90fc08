"""The usage history of promotion codes: what users did with them, of one code or all."""

from urllib.parse import quote

from sqlalchemy import select

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
    Pick,
    Records,
    Search,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.promotions.listing import TABS
from adminboard.promotions.models import PromotionAction, PromotionCode, PromotionCodeUsage
from adminboard.promotions.queries import get_usage_detail, is_latest, usages_with_code_and_user
from adminboard.users.lookup import user_records
from adminboard.users.models import User

_OF_USER = select(PromotionCodeUsage.id.label("key")).join(User, User.id == PromotionCodeUsage.user_id)
_CODES = Records(PromotionCode.id, PromotionCode.code)


def _link_invoice(stripe_invoice_id: str | None) -> str | None:
    return f"/billing/invoices?q={quote(stripe_invoice_id)}" if stripe_invoice_id else None


usages = Listing(
    name="promotion_usages",
    title="Promotion usages",
    noun=Noun("usage", "usages"),
    path="/promotions/usages",
    api_path="/promotion-usages",
    permission=Permission.BILLING_READ,
    select=usages_with_code_and_user(),
    key=PromotionCodeUsage.id,
    columns=[
        Column(
            "Date", PromotionCodeUsage.created_at, key="created_at", cell="datetime", sort=True, priority=1
        ),
        Column(
            "Code",
            PromotionCode.code,
            link=lambda row: f"/promotions?selected={row.promotion_code_id}",
            priority=1,
        ),
        Column(
            "User",
            User.email,
            key="email",
            cell="email",
            mask=Mask.EMAIL,
            link=lambda row: f"/users?selected={row.user_id}",
        ),
        Column("Action", PromotionCodeUsage.action, cell="badge", priority=1),
        Column("Reason", PromotionCodeUsage.failure_reason, key="failure_reason"),
        Column(
            "Invoice",
            PromotionCodeUsage.stripe_invoice_id,
            key="stripe_invoice_id",
            cell="id",
            link=lambda row: _link_invoice(row.stripe_invoice_id),
            priority=3,
        ),
        Column("Full name", User.full_name, shown=False),
        Column("User id", PromotionCodeUsage.user_id, key="user_id", cell="id", shown=False),
        Column(
            "Code id",
            PromotionCodeUsage.promotion_code_id,
            key="promotion_code_id",
            cell="id",
            shown=False,
        ),
    ],
    search=Search(
        sources=(
            Contains((User.email, User.full_name), through=_OF_USER),
            IdPrefix(PromotionCodeUsage.id),
        ),
        placeholder="User's email, name or id",
    ),
    filters=[
        Pick("code", "Code", PromotionCodeUsage.promotion_code_id, records=_CODES, settles="code"),
        Choice(
            "action",
            "Action",
            PromotionCodeUsage.action,
            options=[Option(action.value, action.value) for action in PromotionAction],
        ),
        Pick("user", "User", PromotionCodeUsage.user_id, records=user_records, settles="email"),
        DateRange("date", "Date", PromotionCodeUsage.created_at),
        Flag(
            "latest",
            "Latest",
            is_latest(),
            yes_label="the user's latest with the code",
            no_label="something came after it",
        ),
    ],
    sort="-created_at",
    detail=Detail(get_usage_detail, "promotions/usage.html", title=lambda record: str(record.code)),
    empty="What users do with promotion codes, from trying one to losing it, is listed here.",
    views=[
        BuiltInView("Users who have a code", "action=applied&latest=yes"),
        BuiltInView("Failed", "action=failed"),
    ],
    tabs=TABS,
)

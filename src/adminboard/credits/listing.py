"""The lists of credits: a user's transactions, and all balances."""

from decimal import Decimal

from sqlalchemy import ColumnElement, Text, case, func, select

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
    NumberRange,
    Option,
    Reference,
    Search,
    Tab,
)
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.credits.accounts import get_transaction_detail, get_user_credits
from adminboard.credits.kinds import TransactionType
from adminboard.credits.models import CreditBalance, CreditTransaction
from adminboard.users.lookup import user_named
from adminboard.users.models import User

LOW_BALANCE = Decimal("5.00")
"""Below this a balance is low (domain: "Billing rules", alerts)."""

TABS = (Tab("Transactions", "/credits"), Tab("All balances", "/credits/balances"))


def posted_by() -> ColumnElement[str]:
    """Who posted an entry: the admin or key it names, else what posts entries of its type by itself."""
    metadata = CreditTransaction.metadata_
    return func.coalesce(
        metadata["admin_username"].astext,
        metadata["api_key"].astext,
        case((CreditTransaction.type == TransactionType.EXPIRY, "board"), else_="product"),
        type_=Text(),
    )


transactions = Listing(
    name="credit_transactions",
    title="Credit transactions",
    noun=Noun("transaction", "transactions"),
    path="/credits",
    api_path="/credit-transactions",
    has_page=False,
    permission=Permission.CREDITS_READ,
    select=select(CreditTransaction).outerjoin(User, User.id == CreditTransaction.user_id),
    key=CreditTransaction.id,
    columns=[
        Column(
            "Date", CreditTransaction.created_at, key="created_at", cell="datetime", sort=True, priority=1
        ),
        Column(
            "User",
            User.email,
            key="email",
            cell="email",
            mask=Mask.EMAIL,
            link=lambda row: f"/credits?user={row.user_id}",
            priority=1,
        ),
        Column("Type", CreditTransaction.type, cell="word", priority=1),
        Column("Amount", CreditTransaction.amount, cell="signed_credits", align="end", priority=1),
        Column("Balance", CreditTransaction.balance_after, key="balance_after", cell="credits", align="end"),
        Column("Description", CreditTransaction.description),
        Column("By", posted_by(), key="by", priority=3),
        Column("Expires", CreditTransaction.expires_at, key="expires_at", cell="datetime", shown=False),
        Column("Entry", CreditTransaction.sequence, key="sequence", cell="number", align="end", shown=False),
        Column("Reverses", CreditTransaction.reverses_id, key="reverses_id", cell="id", shown=False),
        Column("User id", CreditTransaction.user_id, key="user_id", cell="id", shown=False),
    ],
    search=Search(sources=(IdPrefix(CreditTransaction.id),), placeholder="Transaction id"),
    filters=[
        Reference("user", "User", CreditTransaction.user_id, named=user_named, settles="email"),
        Choice(
            "type",
            "Type",
            CreditTransaction.type,
            options=[Option(word.value, word.value.replace("_", " ")) for word in TransactionType],
        ),
        DateRange("date", "Date", CreditTransaction.created_at),
    ],
    sort="-created_at",
    detail=Detail(get_transaction_detail, "credits/transaction.html", title=lambda entry: str(entry.email)),
    empty="Every grant, charge, adjustment and expiry is posted here.",
)

balances = Listing(
    name="credits",
    title="Credits",
    noun=Noun("balance", "balances"),
    path="/credits/balances",
    api_path="/credits",
    permission=Permission.CREDITS_READ,
    select=select(CreditBalance).outerjoin(User, User.id == CreditBalance.user_id),
    key=CreditBalance.user_id,
    columns=[
        Column("User", User.email, key="email", cell="email", mask=Mask.EMAIL, priority=1),
        Column("Full name", User.full_name),
        Column("Total", CreditBalance.total, cell="credits", align="end", sort=True, priority=1),
        Column("Trial", CreditBalance.trial, cell="credits", align="end"),
        Column("Subscription", CreditBalance.subscription, cell="credits", align="end"),
        Column("Credit pack", CreditBalance.credit_pack, cell="credits", align="end"),
        Column("Adjustment", CreditBalance.adjustment, cell="credits", align="end"),
        Column("Last updated", CreditBalance.last_updated, cell="datetime", sort=True, priority=1),
        Column(
            "Status",
            case((User.is_active, "active"), else_="inactive"),
            cell="badge",
            priority=3,
        ),
    ],
    search=Search(
        sources=(
            Contains(
                (User.email, User.full_name),
                through=select(CreditBalance.user_id).join(User, User.id == CreditBalance.user_id),
            ),
            IdPrefix(CreditBalance.user_id),
        ),
        placeholder="User's email, name or id",
    ),
    filters=[
        Flag("low", "Low balance", CreditBalance.total < LOW_BALANCE, yes_label="below $5.00"),
        Flag("debt", "Debt", CreditBalance.total < 0, yes_label="in debt", no_label="none"),
        Flag("active", "Active", User.is_active, yes_label="active", no_label="inactive"),
        NumberRange("total", "Total", CreditBalance.total, kind="credits"),
        DateRange("updated", "Last updated", CreditBalance.last_updated),
    ],
    sort="-last_updated",
    detail=Detail(get_user_credits, "credits/balance.html", title=lambda user: str(user.email)),
    empty="A balance is created with a user's first credits.",
    views=[
        BuiltInView("Low balances", "low=yes&sort=total"),
        BuiltInView("In debt", "debt=yes&sort=total"),
    ],
    tabs=TABS,
)

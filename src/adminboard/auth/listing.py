"""The lists of Settings: the staff, and the API keys."""

from sqlalchemy import String, case, func, literal, select

from adminboard.auth.models import Admin, ApiKey
from adminboard.auth.panels import get_admin_panel, get_key_panel
from adminboard.core.listings import (
    NOW,
    Choice,
    Column,
    Contains,
    Detail,
    ExactText,
    Flag,
    IdPrefix,
    Listing,
    Noun,
    Option,
    Search,
    Sort,
)
from adminboard.core.permissions import Permission, Role

ADMIN_STATUS = case(
    (Admin.disabled_at.is_not(None), "disabled"), (Admin.password_hash.is_(None), "invited"), else_="active"
)
KEY_STATUS = case(
    (ApiKey.revoked_at.is_not(None), "revoked"), (ApiKey.expires_at <= NOW, "expired"), else_="valid"
)

admins = Listing(
    name="admins",
    title="Admins",
    noun=Noun("admin", "admins"),
    path="/settings/admins",
    api_path="/admins",
    permission=Permission.ADMINS_WRITE,
    select=select(Admin.id),
    key=Admin.id,
    columns=[
        Column(
            "Email", Admin.email, cell="email", sort=Sort(func.lower(Admin.email, type_=String)), priority=1
        ),
        Column("Name", Admin.name, sort=True),
        Column("Role", Admin.role, cell="badge", sort=True, priority=1),
        Column("Status", ADMIN_STATUS, cell="badge"),
        Column("Second factor", Admin.totp_confirmed_at.is_not(None), cell="boolean"),
        Column(
            "Last login",
            Admin.last_login_at,
            key="last_login_at",
            cell="datetime",
            sort=Sort(Admin.last_login_at, nullable=True),
        ),
        Column("Added", Admin.created_at, key="created_at", cell="datetime", sort=True, priority=3),
    ],
    search=Search(
        sources=(Contains((Admin.email, Admin.name)), IdPrefix(Admin.id)), placeholder="Email, name or id"
    ),
    filters=[
        Choice("role", "Role", Admin.role, options=[Option(role.value, role.value) for role in Role]),
        Choice(
            "status",
            "Status",
            ADMIN_STATUS,
            options=[Option(word, word) for word in ("active", "invited", "disabled")],
        ),
        Flag(
            "second_factor",
            "Second factor",
            Admin.totp_confirmed_at.is_not(None),
            yes_label="set",
            no_label="not set",
        ),
    ],
    sort="email",
    detail=Detail(get_admin_panel, "auth/admin_panel.html", title=lambda admin: str(admin.email)),
    empty="Nobody can log in yet. `adminboard admins create` makes the first administrator.",
    actions=("admins.invite",),
)

api_keys = Listing(
    name="api-keys",
    title="API keys",
    noun=Noun("API key", "API keys"),
    path="/settings/api-keys",
    api_path="/api-keys",
    permission=Permission.API_KEYS_WRITE,
    select=select(ApiKey.id).join(Admin, Admin.id == ApiKey.owner_admin_id),
    key=ApiKey.id,
    columns=[
        Column("Name", ApiKey.name, priority=1),
        Column("Begins with", literal("abk_") + ApiKey.prefix, key="prefix", cell="id"),
        Column("Owner", Admin.email, key="owner", cell="email"),
        Column("Scopes", func.array_to_string(ApiKey.scopes, ", "), key="scopes"),
        Column("Status", KEY_STATUS, cell="badge", priority=1),
        Column("Expires", ApiKey.expires_at, key="expires_at", cell="datetime", sort=True),
        Column(
            "Last change with it",
            ApiKey.last_used_at,
            key="last_used_at",
            cell="datetime",
            sort=Sort(ApiKey.last_used_at, nullable=True),
        ),
        Column("Made", ApiKey.created_at, key="created_at", cell="datetime", sort=True, priority=3),
    ],
    search=Search(
        sources=(
            Contains((ApiKey.name,)),
            Contains(
                (Admin.email,), through=select(ApiKey.id).join(Admin, Admin.id == ApiKey.owner_admin_id)
            ),
            ExactText(ApiKey.prefix),
            IdPrefix(ApiKey.id),
        ),
        placeholder="Name, owner, prefix or id",
    ),
    filters=[
        Choice(
            "status",
            "Status",
            KEY_STATUS,
            options=[Option(word, word) for word in ("valid", "expired", "revoked")],
        ),
    ],
    sort="-created_at",
    detail=Detail(get_key_panel, "auth/key_panel.html", title=lambda key: str(key.name)),
    empty="No API key has been made yet. Programs need one to use the REST API.",
    actions=("api_keys.create",),
)

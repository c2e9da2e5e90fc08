"""The list of all overrides across users."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Text, and_, case, exists, func, or_, select

from adminboard.core.listings import (
    COMING_DAYS,
    NOW,
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
    Tab,
)
from adminboard.core.listings.columns import AnySelect
from adminboard.core.masking import Mask
from adminboard.core.permissions import Permission
from adminboard.entitlements.features import list_feature_options
from adminboard.entitlements.models import TRAIL, Feature, PlanFeature, UserFeatureOverride
from adminboard.entitlements.override_detail import get_override_detail
from adminboard.entitlements.rules import with_plan_in_force
from adminboard.entitlements.standing import payers_now
from adminboard.users.lookup import user_named, user_records
from adminboard.users.models import User

EXPIRING_SOON = timedelta(days=7)
TABS = (Tab("By user", "/entitlements"), Tab("All overrides", "/entitlements/overrides"))
WORDS = {True: "grant", False: "revoke"}


def is_expired() -> ColumnElement[bool]:
    """It stopped counting, and waits for the job that removes it."""
    return UserFeatureOverride.expires_at <= NOW


def is_in_force() -> ColumnElement[bool]:
    return or_(UserFeatureOverride.expires_at.is_(None), UserFeatureOverride.expires_at > NOW)


def is_expiring_soon() -> ColumnElement[bool]:
    """It counts, and stops within a week."""
    return and_(UserFeatureOverride.expires_at > NOW, UserFeatureOverride.expires_at <= NOW + EXPIRING_SOON)


def is_redundant() -> ColumnElement[bool]:
    """It grants what the plan in force includes anyway."""
    payers = with_plan_in_force(payers_now())
    included = (
        exists()
        .select_from(User)
        .where(User.id == UserFeatureOverride.user_id, payers.c.organization_id == User.organization_id)
        .where(PlanFeature.plan_id == payers.c.plan_id)
        .where(PlanFeature.feature_id == UserFeatureOverride.feature_id)
        .correlate(UserFeatureOverride)
    )
    return and_(UserFeatureOverride.has_access, included)


def override_word() -> ColumnElement[str]:
    """What the override is: grant, revoke, or expired."""
    return case((is_expired(), "expired"), (UserFeatureOverride.has_access, WORDS[True]), else_=WORDS[False])


def written_notes() -> ColumnElement[str]:
    """The notes without their trail, which would be all that a narrow column shows."""
    return func.regexp_replace(UserFeatureOverride.notes, TRAIL, "", type_=Text)


def has_access_in(words: Sequence[str]) -> ColumnElement[bool]:
    return UserFeatureOverride.has_access.in_([access for access, word in WORDS.items() if word in words])


def is_of_feature(keys: Sequence[str]) -> ColumnElement[bool]:
    return UserFeatureOverride.feature_id.in_(select(Feature.id).where(Feature.feature_key.in_(keys)))


def by_user() -> AnySelect:
    """The overrides of users, for what a search finds of these."""
    return select(UserFeatureOverride.id.label("key")).join(User, User.id == UserFeatureOverride.user_id)


overrides = Listing(
    name="overrides",
    title="Overrides",
    noun=Noun("override", "overrides"),
    path="/entitlements/overrides",
    api_path="/overrides",
    permission=Permission.ENTITLEMENTS_READ,
    select=select(UserFeatureOverride)
    .outerjoin(User, User.id == UserFeatureOverride.user_id)
    .outerjoin(Feature, Feature.id == UserFeatureOverride.feature_id),
    key=UserFeatureOverride.id,
    columns=[
        Column("Feature", Feature.name, key="feature", priority=1),
        Column("Access", override_word(), key="access", cell="badge", priority=1, width_px=104),
        Column(
            "User",
            User.email,
            key="email",
            cell="email",
            mask=Mask.EMAIL,
            priority=1,
            link=lambda row: f"/entitlements?user={row.user_id}",
        ),
        Column(
            "Expires",
            UserFeatureOverride.expires_at,
            key="expires_at",
            cell="datetime",
            sort=Sort(UserFeatureOverride.expires_at, nullable=True),
            missing="Never",
        ),
        Column("Notes", written_notes(), key="note", cell="long_text", mask=Mask.HIDDEN),
        Column("Created", UserFeatureOverride.created_at, key="created_at", cell="datetime", sort=True),
        Column("By", UserFeatureOverride.created_by, key="created_by", priority=3),
        Column("Changed by", UserFeatureOverride.updated_by, key="updated_by", shown=False),
        Column(
            "Notes with their trail",
            UserFeatureOverride.notes,
            key="notes",
            cell="long_text",
            mask=Mask.HIDDEN,
            shown=False,
        ),
        Column("Redundant", is_redundant(), cell="boolean", shown=False),
        Column("Feature key", Feature.feature_key, key="feature_key", cell="id", shown=False),
        Column("User id", UserFeatureOverride.user_id, key="user_id", cell="id", shown=False),
    ],
    search=Search(
        sources=(
            Contains((User.email, User.full_name), through=by_user()),
            IdPrefix(UserFeatureOverride.id),
        ),
        placeholder="Email or name of the user",
    ),
    filters=[
        Flag("expired", "Expired", is_expired(), no=is_in_force(), yes_label="expired", no_label="in force"),
        Flag(
            "soon",
            "Ends",
            is_expiring_soon(),
            no=or_(
                UserFeatureOverride.expires_at.is_(None),
                UserFeatureOverride.expires_at <= NOW,
                UserFeatureOverride.expires_at > NOW + EXPIRING_SOON,
            ),
            yes_label="within 7 days",
            no_label="later, never or already",
        ),
        Flag("redundant", "Redundant", is_redundant(), yes_label="in the plan anyway", no_label="needed"),
        Choice(
            "access", "Access", options=[Option(word, word) for word in WORDS.values()], where=has_access_in
        ),
        Choice("feature", "Feature", options=list_feature_options, where=is_of_feature),
        DateRange("expires", "Expires", UserFeatureOverride.expires_at, COMING_DAYS),
        DateRange("created", "Created", UserFeatureOverride.created_at),
        Reference(
            "user",
            "User",
            UserFeatureOverride.user_id,
            named=user_named,
            settles="email",
            records=user_records,
        ),
    ],
    sort="-created_at",
    start="expired=no",
    extras={"user_id": UserFeatureOverride.user_id},
    detail=Detail(
        get_override_detail,
        "entitlements/override.html",
        title=lambda override: f"{override.access.name} for {override.email}",
    ),
    empty="An override grants one user a feature, or revokes it, whatever the plan says.",
    views=[
        BuiltInView("Expiring soon", "soon=yes&sort=expires_at"),
        BuiltInView("Redundant", "redundant=yes"),
        BuiltInView("Expired", "expired=yes&sort=expires_at"),
    ],
    tabs=TABS,
)

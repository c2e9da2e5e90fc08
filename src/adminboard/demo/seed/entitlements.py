"""Exceptions staff made: features granted or revoked for a user, plans given to a customer, suspensions."""

from datetime import datetime, timedelta

from adminboard.core.canonical import to_plain
from adminboard.demo.seed.billing_events import add_manual_event
from adminboard.demo.seed.catalogue import FEATURES, PLAN_ORDER, Catalogue
from adminboard.demo.seed.changes import Request, add_change, get_customer_target, get_user_target
from adminboard.demo.seed.copy_rows import RowBuffer
from adminboard.demo.seed.draw import Draw
from adminboard.demo.seed.people import SeedOrganization, SeedUser
from adminboard.demo.seed.plan import SeedPlan
from adminboard.demo.seed.staff import BILLING, SUPPORT
from adminboard.entitlements.override_history import describe_change

OVERRIDDEN_SHARE = 0.03
PLAN_OVERRIDDEN_SHARE = 0.012
GRANT_NOTES = (
    "Sales promised it for the pilot", "Bridge until the plan is upgraded next month",
    "Beta tester of this feature", "Needed for the calendar migration",
    "Compensation for the outage in spring",
)  # fmt: skip
REVOKE_NOTES = ("Abused for robocalls, see the complaint", "Asked for by the customer's own administrator")
PLAN_REASONS = (
    "Pilot agreed with sales",
    "Goodwill after the failed migration",
    "Partner account, not billed",
)
NAMES = {feature[0]: feature[1] for feature in FEATURES}


def add_feature_overrides(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, catalogue: Catalogue, users: list[SeedUser]
) -> None:
    """Granted and revoked, in force, expired, and redundant."""
    for user in users:
        if not draw.happens(OVERRIDDEN_SHARE) or not user.is_active:
            continue
        for key in draw.sample(PLAN_ORDER, draw.choice((1, 1, 1, 2, 4))):
            _add_override(rows, draw, plan, catalogue, user, key)


def _add_override(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, catalogue: Catalogue, user: SeedUser, feature: str
) -> None:
    has_access = draw.happens(0.8)
    created_at = draw.between(max(user.created_at, plan.as_of - timedelta(days=200)), plan.as_of)
    expires_at = _expiry(draw, plan, created_at)
    notes = draw.one_of(GRANT_NOTES if has_access else REVOKE_NOTES)
    request = Request(draw, draw.one_of(SUPPORT), created_at, notes)
    given = {"has_access": has_access, "expires_at": expires_at}
    rows.add(
        "user_feature_overrides",
        id=draw.new_id(),
        user_id=user.id,
        feature_id=catalogue.features[feature],
        **given,
        notes=f"[ADMIN: {request.staff.email} @ {created_at.isoformat(timespec='seconds')}] {notes}",
        created_by=request.staff.email,
        updated_by=None,
        created_at=created_at,
        updated_at=created_at,
    )
    verb = "Granted" if has_access else "Revoked"
    add_change(
        rows,
        draw,
        request,
        "entitlements.set_override",
        get_user_target(user),
        f"{verb} {NAMES[feature]} for {user.email}",
        before={"Override": None},
        after={
            "Override": "grant" if has_access else "revoke",
            **describe_change(catalogue.features[feature], None, given),
        },
    )


def _expiry(draw: Draw, plan: SeedPlan, created_at: datetime) -> datetime | None:
    """None, one of the usual times from then on (which may have passed), or one that is near."""
    chance = draw.random()
    if chance < 0.35:
        return None
    if chance < 0.9:
        return created_at + timedelta(days=draw.choice((7, 30, 90)))
    return plan.as_of + draw.minutes(10, 9_000)


def add_plan_overrides(
    rows: RowBuffer, draw: Draw, plan: SeedPlan, catalogue: Catalogue, organizations: list[SeedOrganization]
) -> None:
    """One after the other for the same customer; the last may still be in force."""
    for organization in organizations:
        if not draw.happens(PLAN_OVERRIDDEN_SHARE):
            continue
        start = draw.between(max(organization.created_at, plan.as_of - timedelta(days=250)), plan.as_of)
        while start < plan.as_of:
            end = start + timedelta(days=draw.choice((14, 30, 60)))
            is_endless = end > plan.as_of and draw.happens(0.2)
            _add_plan_override(rows, draw, catalogue, organization, start, None if is_endless else end)
            if draw.happens(0.7):
                break
            start = end + timedelta(days=draw.uniform(1, 60))


def _add_plan_override(
    rows: RowBuffer,
    draw: Draw,
    catalogue: Catalogue,
    organization: SeedOrganization,
    start: datetime,
    end: datetime | None,
) -> None:
    given = catalogue.get_plan(draw.choice(("growth", "professional", "scale")))
    reason = draw.one_of(PLAN_REASONS)
    request = Request(draw, draw.one_of(BILLING), start, reason)
    rows.add(
        "plan_overrides",
        id=draw.new_id(),
        organization_id=organization.id,
        plan_id=given.id,
        valid_until=end,
        reason=reason,
        created_by=request.staff.email,
        created_at=start,
        updated_at=start,
    )
    add_change(
        rows,
        draw,
        request,
        "billing.override_entitlement",
        get_customer_target(organization),
        f"{given.tariff.name} for {organization.name}",
        before={"Plan override": None},
        after={"Plan override": given.tariff.name, "Valid until": to_plain(end)},
    )


def add_suspensions(rows: RowBuffer, draw: Draw, organizations: list[SeedOrganization]) -> None:
    """What the log says about customers that are suspended."""
    for organization in organizations:
        if organization.suspended_at is None or organization.suspension_reason is None:
            continue
        reason = organization.suspension_reason
        request = Request(draw, draw.one_of(BILLING), organization.suspended_at, reason)
        add_manual_event(rows, draw, organization, organization.suspended_at, "customers.suspend", reason)
        add_change(
            rows,
            draw,
            request,
            "customers.suspend",
            get_customer_target(organization),
            f"Suspended {organization.name}",
            before={"Status": "active"},
            after={"Status": "suspended"},
        )

"""An answer about access in words: what each rule found, and until when that holds."""

from dataclasses import dataclass
from datetime import datetime

from adminboard.billing.models import SubscriptionStatus
from adminboard.core.listings.columns import AnyRow
from adminboard.customers.models import OrganizationStatus
from adminboard.entitlements.rules import Decision

_PAST_DUE = SubscriptionStatus.PAST_DUE.value


@dataclass(frozen=True, slots=True)
class Step:
    """One rule in its turn. ``decides`` marks the one that answered; ``until`` is when its finding ends, or
    ended, by itself: None where it does not.
    """

    rule: str
    finding: str
    decides: bool
    until: datetime | None = None


def explain(row: AnyRow, at: datetime) -> tuple[Step, ...]:
    """The rules in their order, for a row of `rules.access_to_features`. Later ones are told too."""
    decision = Decision(row.decision)
    return (
        Step("account", _account(row), decision in (Decision.INACTIVE, Decision.SUSPENDED)),
        Step(
            "override",
            _override(row, at),
            decision is Decision.OVERRIDE or _is_unknown_by(row, of_plan=False),
            row.expires_at,
        ),
        Step(
            "plan",
            _plan(row),
            decision is Decision.PLAN or _is_unknown_by(row, of_plan=True),
            find_plan_end(row),
        ),
        Step("otherwise", "Nothing else gives access.", decision is Decision.NOTHING),
    )


def find_reason(row: AnyRow, steps: tuple[Step, ...]) -> Step:
    """The step to be told where there is room for one: what decided, or what the plan lacks."""
    if Decision(row.decision) is Decision.NOTHING:
        return steps[2]
    return next(step for step in steps if step.decides)


def _is_unknown_by(row: AnyRow, *, of_plan: bool) -> bool:
    if Decision(row.decision) is not Decision.NOT_RECORDED:
        return False
    return (row.is_override_recorded is not False) is of_plan


def _account(row: AnyRow) -> str:
    payer = row.organization_name
    if row.is_active is False:
        return "The user is inactive."
    if row.organization_status == OrganizationStatus.SUSPENDED.value:
        return f"{payer}, which pays for the user, is suspended."
    if row.is_active is None:
        return f"{payer} was not suspended. Whether the user was active is not recorded."
    return f"The user is active and {payer} is not suspended."


def _override(row: AnyRow, at: datetime) -> str:
    if row.is_override_recorded is False:
        return "Whether there was an override is not recorded."
    if row.override_has_access is None:
        return "There is no override."
    word = "grant" if row.override_has_access else "revoke"
    if row.expires_at is not None and row.expires_at <= at:
        return f"An override, a {word}, has expired and no longer counts."
    return f"An override {word}s it."


def _plan(row: AnyRow) -> str:
    if row.plan_id is not None:
        verb = "includes it" if row.plan_default else "does not include it"
        return f"The plan {find_plan_name(row)}{_why_in_force(row)} {verb}."
    over = ""
    if row.override_plan_id is not None and not row.is_plan_overridden:
        over = f"The plan override {row.override_plan} has ended. "
    return over + _why_no_plan(row)


def find_plan_name(row: AnyRow) -> str | None:
    """The plan in force; None for none."""
    if row.plan_id is None:
        return None
    return str(row.override_plan if row.is_plan_overridden else row.paid_plan)


def _why_in_force(row: AnyRow) -> str:
    if row.is_plan_overridden:
        return ", given by a plan override,"
    if row.subscription_status == _PAST_DUE:
        return ", past due in a grace period,"
    return ", on trial," if row.subscription_status == SubscriptionStatus.TRIALING.value else ""


def _why_no_plan(row: AnyRow) -> str:
    if not row.is_plan_recorded:
        return "Which plan was in force is not recorded."
    if row.subscription_status is None:
        return "There is no subscription, so no plan is in force."
    subscription = f"The subscription to {row.paid_plan}" if row.paid_plan else "The subscription"
    if row.subscription_status != _PAST_DUE:
        word = row.subscription_status.replace("_", " ")
        return f"{subscription} is {word}, so no plan is in force."
    grace = "no grace period is open" if row.grace_until is None else "its grace period is over"
    return f"{subscription} is past due and {grace}, so no plan is in force."


def find_plan_end(row: AnyRow) -> datetime | None:
    """When the plan in force may stop being so by itself, or what would have put one in force ended."""
    if row.is_plan_overridden:
        until: datetime | None = row.override_until
    else:
        until = row.grace_until if row.subscription_status == _PAST_DUE else row.paid_until
    return until

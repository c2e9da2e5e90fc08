"""Giving a user credits for a time, or their customer another plan, or both at once; and taking that back."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Amount, Applied, Caution, Change, Preview, RestCall, Undo
from adminboard.core.commands import (
    NO_REASON,
    TRIMMED_PATTERN,
    Command,
    Moment,
    Reason,
    at_least_one_of,
    require_future,
    undo_reason,
)
from adminboard.core.money import in_dollars
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.credits import ledger
from adminboard.credits.adjusting import post_adjustment
from adminboard.credits.commands import AMOUNT_PATTERN, AdjustmentAmount
from adminboard.credits.kinds import AdjustmentType
from adminboard.credits.previews import get_approval_sentence, show_changes, warn_of_outcome, warn_of_size
from adminboard.entitlements.plan_overrides import (
    end_plan_override,
    find_plan_in_force,
    find_plan_override,
    get_plan,
    lock_plan,
    offer_plans,
    replaced_plan,
    show_plan_changes,
    start_plan_override,
    warn_of_reach,
)
from adminboard.entitlements.withdrawing import WithdrawEntitlement
from adminboard.users.lookup import UserIdentity, UserReference, find_user_named, get_active_user, get_user

Shown = tuple[tuple[Change, ...], tuple[Caution, ...]]


def _above_zero(amount: Decimal) -> Decimal:
    if amount < 0:
        raise ValueError("Enter an amount above zero. To deduct credits, adjust them.")
    return amount


CreditsToGive = Annotated[
    AdjustmentAmount,
    AfterValidator(_above_zero),
    WithJsonSchema({"type": "string", "pattern": f"^{AMOUNT_PATTERN}$", "examples": ["20.00"]}),
]


class OverrideEntitlement(Command):
    """Give a user credits that lapse, or the customer that pays for them another plan for a time, or both."""

    model_config = ConfigDict(json_schema_extra=at_least_one_of("credits", "plan"))

    user: UserReference
    credits: CreditsToGive | None = Field(
        None, title="Credits", description="Added to the user's balance as an adjustment; empty for none."
    )
    plan: str | None = Field(
        None,
        title="Plan",
        min_length=1,
        max_length=100,
        description="Counts in place of the customer's own; empty for none.",
        json_schema_extra={"widget": "select", "empty": "Their own", "pattern": TRIMMED_PATTERN},
    )
    valid_until: Moment = Field(
        None, title="Valid until", description="When what is left of the credits lapses and the plan ends."
    )
    reason: Reason

    @model_validator(mode="after")
    def _gives_something(self) -> Self:
        if self.credits is None and self.plan is None:
            raise ValueError("Give credits, a plan, or both.")
        return self


def lock(work: Work, command: OverrideEntitlement) -> None:
    """Locks the customer's plan and the user's ledger, where they change. Raises `UserUnknown`."""
    user = get_user(work.session, command.user)
    if command.plan is not None:
        lock_plan(work, user.organization_id)
    if command.credits is not None:
        ledger.lock_balance(work, user.id)


def preview(session: Session, command: OverrideEntitlement) -> Preview:
    """Raises `UserUnknown`, `InactiveUser`, `PlanUnknown`, `NotInTheFuture`."""
    user = _get_entitled(session, command)
    require_future(command.valid_until, moment(session), "valid_until")
    changes, warnings = _preview_credits(session, user, command)
    plan_changes, plan_warnings = _preview_plan(session, user, command)
    endless = Caution("no_expiry", "It does not end by itself: it counts until somebody ends it.")
    return Preview(
        subject=user.target,
        changes=(*changes, *plan_changes),
        warnings=(*warnings, *plan_warnings, *([endless] if command.valid_until is None else [])),
        needs_approval=get_approval_sentence(session, command.credits) if command.credits else None,
        amount=Amount(credits=command.credits),
    )


def apply(work: Work, command: OverrideEntitlement) -> Applied:
    """Posts the credits and begins the plan override, in place of one in force. Its undo withdraws both."""
    user = _get_entitled(work.session, command)
    given: dict[str, Any] = {}
    resumed: dict[str, Any] = {}
    if command.credits is not None:
        outcome = post_adjustment(
            work,
            user.id,
            AdjustmentType.ADJUSTMENT,
            command.credits,
            command.reason,
            expires_at=command.valid_until,
        )
        given["transaction_id"] = outcome.posting.id
    plan = get_plan(work.session, command.plan) if command.plan is not None else None
    if plan is not None:
        current = find_plan_override(work.session, user.organization_id)
        if current is not None:
            end_plan_override(work, current.id)
            resumed = {"resumes": current.id, "resumes_until": current.valid_until}
        given["plan_override_id"] = start_plan_override(
            work,
            user.organization_id,
            plan.id,
            command.valid_until,
            command.reason,
            work.actor.name,
        )
    undo = WithdrawEntitlement(**given, **resumed, reason=undo_reason(command.reason))
    result = {
        "user_id": user.id,
        "organization_id": user.organization_id,
        "credits": command.credits,
        "plan": command.plan,
        "valid_until": command.valid_until,
        **given,
    }
    summary = f"Gave {user.email} {_name_gift(command, plan.name if plan is not None else None)}"
    return Applied(result, summary, Undo("billing.withdraw_entitlement", undo), record=given)


def _get_entitled(session: Session, command: OverrideEntitlement) -> UserIdentity:
    return get_active_user(session, command.user, "entitlements of inactive users cannot be overridden")


def _preview_credits(session: Session, user: UserIdentity, command: OverrideEntitlement) -> Shown:
    if command.credits is None:
        return (), ()
    outcome = ledger.plan_posting(
        session,
        user.id,
        AdjustmentType.ADJUSTMENT.transaction_type,
        command.credits,
        expires_at=command.valid_until,
    )
    return show_changes(outcome), (*warn_of_size(command.credits), *warn_of_outcome(outcome))


def _preview_plan(session: Session, user: UserIdentity, command: OverrideEntitlement) -> Shown:
    if command.plan is None:
        return (), ()
    payer, plan = user.organization_id, get_plan(session, command.plan)
    current = find_plan_override(session, payer)
    warnings = [warn_of_reach(session, payer)]
    if current is not None:
        warnings.append(Caution("replaces", f"The plan override {current.plan} ends with it."))
    if not plan.is_active:
        warnings.append(Caution("plan_not_sold", f"The plan {plan.name} is no longer sold."))
    ends = (current.valid_until if current is not None else None, command.valid_until)
    return show_plan_changes(find_plan_in_force(session, payer), plan.name, ends), tuple(warnings)


def _find_plan_name(preview: Preview) -> str | None:
    return next((change.after for change in preview.changes if change.field == "Plan"), None)


def _name_gift(command: OverrideEntitlement, plan: str | None) -> str:
    credits_ = [in_dollars(command.credits)] if command.credits is not None else []
    return " and ".join([*credits_, *([f"the plan {plan}"] if plan is not None else [])])


override_entitlement = Action(
    name="billing.override_entitlement",
    title="Override entitlements",
    also_called=("plan override", "override the plan", "change the plan", "give a plan"),
    command=OverrideEntitlement,
    preview=preview,
    apply=apply,
    permission=Permission.BILLING_WRITE,
    lock=lock,
    confirm_label=lambda command, preview: f"Give {_name_gift(command, _find_plan_name(preview))}",
    rest=RestCall(
        "POST",
        "/billing/entitlements/override",
        "Give a user credits for a time, or their customer another plan, or both",
        status=201,
        example={
            "user_id": "jane@example.com",
            "credits": "50.00",
            "plan": "scale",
            "valid_until": "2027-01-31T12:00:00Z",
            "reason": "Pilot agreed with sales",
        },
        names={"user": "user_id"},
        defaults={"reason": NO_REASON},
        demands_nothing=True,
    ),
    money=True,
    subject=find_user_named,
    offers={"plan": offer_plans},
    approval_facts=replaced_plan,
)

"""Taking back what an override of entitlements gave: the credits, the plan, or both."""

from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Amount, Applied, Caution, Change, Preview
from adminboard.core.audit import Target
from adminboard.core.commands import Command, Moment, Reason
from adminboard.core.errors import InvalidInput
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.credits import ledger
from adminboard.credits.adjusting import post_reversal
from adminboard.credits.previews import get_approval_sentence, show_changes, warn_of_outcome
from adminboard.entitlements.plan_overrides import (
    GivenPlan,
    end_plan_override,
    find_plan_in_force,
    get_plan_override,
    lock_plan,
    replaced_plan,
    show_plan_changes,
    start_plan_override,
    warn_of_reach,
)
from adminboard.users.lookup import get_user

Shown = tuple[tuple[Change, ...], tuple[Caution, ...]]


class WithdrawEntitlement(Command):
    """Take back credits and a plan that were given together, and resume the plan override before them."""

    transaction_id: UUID | None = Field(
        None, title="Credit transaction", description="The grant to reverse; empty where none was given."
    )
    plan_override_id: UUID | None = Field(
        None, title="Plan override", description="The plan override to end; empty where none was given."
    )
    resumes: UUID | None = Field(
        None, title="Resumes", description="The plan override that was replaced, to be given again."
    )
    resumes_until: Moment = Field(
        None, title="Until", description="When the resumed plan override ends; empty for never."
    )
    reason: Reason


def lock(work: Work, command: WithdrawEntitlement) -> None:
    """Locks the customer's plan and the user's ledger, where they change."""
    if command.plan_override_id is not None:
        lock_plan(work, get_plan_override(work.session, command.plan_override_id).organization_id)
    if command.transaction_id is not None:
        ledger.lock_balance(work, ledger.get_transaction(work.session, command.transaction_id).user_id)


def preview(session: Session, command: WithdrawEntitlement) -> Preview:
    """Raises `PlanOverrideUnknown` for a plan that has ended, and what `ledger.reverse` raises."""
    changes, warnings, approval, amount = _preview_credits(session, command)
    plan_changes, plan_warnings = _preview_plan(session, command)
    return Preview(
        subject=_find_subject(session, command),
        changes=(*changes, *plan_changes),
        warnings=(*warnings, *plan_warnings),
        facts={"transaction": command.transaction_id, "plan_override": command.plan_override_id},
        needs_approval=approval,
        amount=amount,
    )


def apply(work: Work, command: WithdrawEntitlement) -> Applied:
    """Reverses the grant, ends the plan override and resumes the one before. Itself it has no undo."""
    subject = _find_subject(work.session, command)
    result: dict[str, Any] = {"reversal_id": None, "plan_override_id": None}
    if command.transaction_id is not None:
        outcome = post_reversal(work, command.transaction_id, command.reason)
        result["reversal_id"] = outcome.posting.id
    if command.plan_override_id is not None:
        end_plan_override(work, command.plan_override_id)
        former = _find_resumed(work.session, command)
        if former is not None:
            result["plan_override_id"] = start_plan_override(
                work,
                former.organization_id,
                former.plan_id,
                command.resumes_until,
                former.reason,
                former.created_by,
            )
    return Applied(result, f"Took back what was given to {subject.label}", record=result)


def _preview_credits(
    session: Session, command: WithdrawEntitlement
) -> tuple[tuple[Change, ...], tuple[Caution, ...], str | None, Amount]:
    if command.transaction_id is None:
        return (), (), None, Amount()
    outcome = ledger.plan_reversal(session, command.transaction_id)
    taken = outcome.posting.amount
    approval = get_approval_sentence(session, taken)
    return show_changes(outcome), warn_of_outcome(outcome), approval, Amount(credits=taken)


def _preview_plan(session: Session, command: WithdrawEntitlement) -> Shown:
    if command.plan_override_id is None:
        return (), ()
    given = get_plan_override(session, command.plan_override_id, valid=True)
    former = _find_resumed(session, command)
    own = find_plan_in_force(session, given.organization_id, overridden=False)
    after, until = (former.plan, command.resumes_until) if former is not None else (own, None)
    changes = show_plan_changes(given.plan, after, (given.valid_until, until))
    return changes, (warn_of_reach(session, given.organization_id),)


def _find_resumed(session: Session, command: WithdrawEntitlement) -> GivenPlan | None:
    """The plan override that is to be given again, unless it would be over by now."""
    is_over = command.resumes_until is not None and command.resumes_until <= moment(session)
    return (
        get_plan_override(session, command.resumes) if command.resumes is not None and not is_over else None
    )


def _find_subject(session: Session, command: WithdrawEntitlement) -> Target:
    """The user whose credits change, else the customer whose plan does."""
    if command.transaction_id is not None:
        posted = ledger.get_transaction(session, command.transaction_id)
        return get_user(session, posted.user_id).target
    if command.plan_override_id is not None:
        return get_plan_override(session, command.plan_override_id).target
    raise InvalidInput("Name the credit transaction or the plan override that is to be taken back.")


withdraw_entitlement = Action(
    name="billing.withdraw_entitlement",
    title="Take entitlements back",
    command=WithdrawEntitlement,
    preview=preview,
    apply=apply,
    permission=Permission.BILLING_WRITE,
    lock=lock,
    confirm_label=lambda *_: "Take it back",
    destructive=True,
    live=False,
    approval_facts=replaced_plan,
)

"""Ending a plan override before its time, and taking that back."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from adminboard.core.actions import Action, Applied, Preview, RestCall, Undo
from adminboard.core.audit import Target
from adminboard.core.commands import Command, Moment, Reason
from adminboard.core.errors import DomainError, NotFound
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.entitlements.plan_overrides import (
    GivenPlan,
    end_plan_override,
    find_plan_in_force,
    find_plan_override,
    get_plan_override,
    lock_plan,
    show_plan_changes,
    start_plan_override,
    warn_of_reach,
)


class EndPlanOverride(Command):
    """End a plan override now, so that the customer's own plan counts again."""

    plan_override: UUID = Field(title="Plan override", description="The id of the plan override.")
    reason: Reason


class ResumePlanOverride(Command):
    """Give a customer the plan of an ended override again, until the override's former end."""

    plan_override: UUID = Field(title="Plan override", description="The id of the plan override that ended.")
    valid_until: Moment = Field(
        None, title="Valid until", description="When it would have ended; empty for never."
    )
    reason: Reason


class AnotherPlanOverride(DomainError):
    """One plan override is in force at a time."""

    title = "Another plan override is in force"


class PlanOverrideOver(DomainError):
    """What is over by now cannot be resumed."""

    title = "The plan override would be over by now"


def find_payer_named(session: Session, given: Mapping[str, str]) -> Target | None:
    """Whose plan the form is about, when the link that opened it names a plan override there is."""
    try:
        return get_plan_override(session, UUID(given.get("plan_override", ""))).target
    except (NotFound, ValueError):
        return None


def lock(work: Work, command: EndPlanOverride | ResumePlanOverride) -> None:
    """Locks the customer's plan. Raises `PlanOverrideUnknown`."""
    lock_plan(work, get_plan_override(work.session, command.plan_override).organization_id)


def preview_ending(session: Session, command: EndPlanOverride) -> Preview:
    """Raises `PlanOverrideUnknown`."""
    given = get_plan_override(session, command.plan_override, valid=True)
    after = find_plan_in_force(session, given.organization_id, overridden=False)
    return Preview(
        subject=given.target,
        changes=show_plan_changes(given.plan, after, (given.valid_until, None)),
        warnings=(warn_of_reach(session, given.organization_id),),
        facts={"plan_override": given.id},
    )


def apply_ending(work: Work, command: EndPlanOverride) -> Applied:
    """Ends it. Its undo gives the plan again, until the former end."""
    given = get_plan_override(work.session, command.plan_override, valid=True)
    end_plan_override(work, given.id)
    undo = ResumePlanOverride(
        plan_override=given.id,
        valid_until=given.valid_until,
        reason=f"Undo of ending the plan override {given.plan}"[:500],
    )
    return _applied(
        given, given.id, f"Ended the plan override {given.plan} of {given.organization_name}",
        Undo("billing.resume_plan_override", undo),
    )  # fmt: skip


def preview_resuming(session: Session, command: ResumePlanOverride) -> Preview:
    """Raises `PlanOverrideUnknown`, `AnotherPlanOverride`, `PlanOverrideOver`."""
    given = _get_resumable(session, command)
    before = find_plan_in_force(session, given.organization_id)
    return Preview(
        subject=given.target,
        changes=show_plan_changes(before, given.plan, (None, command.valid_until)),
        warnings=(warn_of_reach(session, given.organization_id),),
        facts={"plan_override": given.id},
    )


def apply_resuming(work: Work, command: ResumePlanOverride) -> Applied:
    """Begins a new override like the ended one, since between them it was not in force. Its undo ends it."""
    given = _get_resumable(work.session, command)
    resumed = start_plan_override(
        work, given.organization_id, given.plan_id, command.valid_until, given.reason, given.created_by
    )
    undo = EndPlanOverride(
        plan_override=resumed, reason=f"Undo of resuming the plan override {given.plan}"[:500]
    )
    return _applied(
        given, resumed, f"Resumed the plan override {given.plan} of {given.organization_name}",
        Undo("billing.end_plan_override", undo),
    )  # fmt: skip


def _get_resumable(session: Session, command: ResumePlanOverride) -> GivenPlan:
    given = get_plan_override(session, command.plan_override)
    if command.valid_until is not None and command.valid_until <= moment(session):
        raise PlanOverrideOver("The plan override would have ended by now. Override the plan anew instead.")
    current = find_plan_override(session, given.organization_id)
    if current is not None:
        raise AnotherPlanOverride(
            f"The plan override {current.plan} is in force for {given.organization_name}. End it first."
        )
    return given


def _applied(given: GivenPlan, plan_override_id: UUID, summary: str, undo: Undo) -> Applied:
    result = {
        "plan_override_id": plan_override_id,
        "organization_id": given.organization_id,
        "plan": given.plan,
    }
    return Applied(result, summary, undo, record={"plan_override_id": plan_override_id})


end_override = Action(
    name="billing.end_plan_override",
    title="End the plan override",
    command=EndPlanOverride,
    preview=preview_ending,
    apply=apply_ending,
    permission=Permission.BILLING_WRITE,
    lock=lock,
    confirm_label=lambda *_: "End the plan override",
    rest=RestCall(
        "DELETE",
        "/billing/plan-overrides/{plan_override}",
        "End a plan override before its time",
        example={"reason": "The pilot has ended"},
    ),
    destructive=True,
    subject=find_payer_named,
    live=False,
)

resume_override = Action(
    name="billing.resume_plan_override",
    title="Resume the plan override",
    command=ResumePlanOverride,
    preview=preview_resuming,
    apply=apply_resuming,
    permission=Permission.BILLING_WRITE,
    lock=lock,
    confirm_label=lambda *_: "Resume the plan override",
    rest=RestCall(
        "POST",
        "/billing/plan-overrides/{plan_override}/resumption",
        "Give the plan of an ended override again",
        status=201,
        example={"valid_until": "2027-01-31T12:00:00Z", "reason": "Ended by mistake"},
    ),
    subject=find_payer_named,
    live=False,
)

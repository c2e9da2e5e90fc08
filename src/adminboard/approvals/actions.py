"""Deciding on requests: approve, reject, withdraw (guarantee 9).

The request's row is locked first, so of two who decide at once the second sees what the first decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.approvals.commands import ApproveRequest, RejectRequest, WithdrawRequest
from adminboard.approvals.queries import get_approval, status_of
from adminboard.approvals.standing import RequestVoid, get_standing
from adminboard.core.action_runner import Confirmation, runner_of
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall
from adminboard.core.approvals import summary_of
from adminboard.core.audit import Target
from adminboard.core.commands import parse_command
from adminboard.core.errors import DomainError, Forbidden, NotFound
from adminboard.core.models import Approval, ApprovalStatus
from adminboard.core.permissions import Permission
from adminboard.core.said_moments import say_moment
from adminboard.core.step_up import require_step_up
from adminboard.core.work import Work, reader

Decision = ApproveRequest | RejectRequest | WithdrawRequest


class AlreadyDecided(DomainError):
    """Somebody decided on the request before, or it is void."""

    title = "This was decided already"


class RequestExpired(DomainError):
    """Nobody decided within seven days."""

    title = "This request has expired"


class OwnRequest(Forbidden):
    """Nobody decides on their own request, through whatever session or key."""

    title = "This is your own request"


class PersonNeeded(Forbidden):
    """Deciding takes a person: nobody could tell that the one behind this is not the one who asked."""

    title = "Only a person can decide"


class NotYourRequest(Forbidden):
    """Only who asked for something can take the request back."""

    title = "This is somebody else's request"


def lock_request(work: Work, command: Decision) -> None:
    """Locks the request's row, so that of two decisions the second sees the first."""
    work.session.execute(select(Approval.id).where(Approval.id == command.approval).with_for_update())


def lock_approving(work: Work, command: ApproveRequest) -> None:
    """Locks the request, then what the change itself locks. Raises `ApprovalUnknown`."""
    lock_request(work, command)
    approval = get_approval(work.session, command.approval)
    if approval.status is not ApprovalStatus.WAITING:
        return
    # What cannot be locked any more is told by the preview, in a sentence.
    with suppress(DomainError):
        action = runner_of(work.session).actions.get(approval.action)
        action.lock(work, parse_command(action.command, approval.command))


def preview_approving(session: Session, command: ApproveRequest) -> Preview:
    """What the change would do now, or that the request is void. Raises `ApprovalUnknown`, `AlreadyDecided`,
    `RequestExpired`, `OwnRequest`, `PersonNeeded`."""
    approval = _get_decidable(session, command.approval)
    try:
        standing = get_standing(session, runner_of(session).actions, approval)
    except RequestVoid as problem:
        caution = Caution("void", f"{problem.detail} Nothing will be changed; the request becomes void.")
        return replace(_preview(approval, ApprovalStatus.VOID), warnings=(caution,))
    shown = standing.preview
    return Preview(
        subject=target_of(approval),
        changes=(*shown.changes, *_preview(approval, ApprovalStatus.APPROVED).changes),
        warnings=tuple(replace(warning, must_acknowledge=False) for warning in shown.warnings),
        facts={"label": approval.preview["label"], "asked": shown.fingerprint()},
        amount=shown.amount,
    )


def apply_approving(work: Work, command: ApproveRequest) -> Applied:
    """Makes the change in the name of who asked; or makes the request void, where it no longer holds.

    Raises `StepUpRequired` where the change asks for fresh proof: whoever approves it gives theirs.
    """
    approval = get_approval(work.session, command.approval)
    runner = runner_of(work.session)
    try:
        standing = get_standing(work.session, runner.actions, approval)
    except RequestVoid as problem:
        return _decide(work, approval, ApprovalStatus.VOID, command.note, problem.detail)
    if standing.action.step_up:
        require_step_up(work)
    confirmation = Confirmation(
        acknowledged=standing.preview.acknowledgements,
        undoes=approval.undoes,
        approved_by=work.actor.name,
    )
    with work.acting(standing.requester, approval.id):
        done = runner.run_in(work, standing.action, standing.command, confirmation)
    approval.audit_entry_id = done.audit_id
    change = {"result": done.result, "audit_id": done.audit_id, "can_undo": done.can_undo}
    applied = _decide(work, approval, ApprovalStatus.APPROVED, command.note, done.summary, change)
    return replace(applied, operation=done.operation_id)


def preview_rejecting(session: Session, command: RejectRequest) -> Preview:
    """Raises what `preview_approving` raises."""
    return _preview(_get_decidable(session, command.approval), ApprovalStatus.REJECTED)


def apply_rejecting(work: Work, command: RejectRequest) -> Applied:
    """Nothing comes of the request."""
    approval = get_approval(work.session, command.approval)
    return _decide(work, approval, ApprovalStatus.REJECTED, command.note, None)


def preview_withdrawing(session: Session, command: WithdrawRequest) -> Preview:
    """Raises `ApprovalUnknown`, `AlreadyDecided`, `RequestExpired`, `NotYourRequest`."""
    approval = _get_waiting(session, command.approval)
    if approval.requested_by_id != reader(session).person_id:
        raise NotYourRequest("Only who asked for it can withdraw it. Reject it instead.")
    return _preview(approval, ApprovalStatus.VOID)


def apply_withdrawing(work: Work, command: WithdrawRequest) -> Applied:
    """Makes one's own request void."""
    approval = get_approval(work.session, command.approval)
    work.approval_id = approval.id
    approval.status, approval.outcome = ApprovalStatus.VOID, f"Withdrawn by {work.actor.name}."
    approval.decided_at = approval.updated_at = work.now()
    return Applied(_result(approval), f"Withdrew the request: {summary_of(approval)}")


def find_request(session: Session, given: Mapping[str, str]) -> Target | None:
    """What the form is about, when the link that opened it names a request there is."""
    try:
        return target_of(get_approval(session, UUID(given.get("approval", ""))))
    except (NotFound, ValueError):
        return None


def target_of(approval: Approval) -> Target:
    """The request as the subject of an audit entry."""
    return Target("approval", str(approval.id), summary_of(approval), approval.customer_id)


def _get_waiting(session: Session, approval_id: UUID) -> Approval:
    approval = get_approval(session, approval_id)
    match status_of(approval, session):
        case ApprovalStatus.WAITING:
            return approval
        case ApprovalStatus.EXPIRED:
            raise RequestExpired(
                f"Nobody decided before {say_moment(approval.expires_at)}. Ask for the change again."
            )
        case status:
            by = f" by {approval.decided_by_name}" if approval.decided_by_name else ""
            at = f" on {say_moment(approval.decided_at)}" if approval.decided_at else ""
            raise AlreadyDecided(f"This is {status.value}{by}{at} already. Nothing was changed now.")


def _get_decidable(session: Session, approval_id: UUID) -> Approval:
    approval = _get_waiting(session, approval_id)
    person_id = reader(session).person_id
    if person_id is None:
        raise PersonNeeded(
            "Decide on a page, or with an API key of your own: only a person can be the second one."
        )
    if person_id == approval.requested_by_id:
        raise OwnRequest(
            "You asked for this yourself, so somebody else has to decide. You can withdraw the request."
        )
    return approval


def _preview(approval: Approval, status: ApprovalStatus) -> Preview:
    change = Change("Status", ApprovalStatus.WAITING.value, status.value)
    return Preview(target_of(approval), (change,), facts={"label": approval.preview["label"]})


def _decide(
    work: Work,
    approval: Approval,
    status: ApprovalStatus,
    note: str | None,
    outcome: str | None,
    change: Mapping[str, Any] | None = None,
) -> Applied:
    work.approval_id = approval.id
    approval.status, approval.decision_note, approval.outcome = status, note, outcome
    approval.decided_by_id, approval.decided_by_name = work.actor.person_id, work.actor.name
    approval.decided_at = approval.updated_at = work.now()
    verb = "Found void" if status is ApprovalStatus.VOID else status.value.capitalize()
    record = {"requested_by": approval.requested_by_name, "outcome": outcome}
    summary = f"{verb}: {summary_of(approval)}, asked for by {approval.requested_by_name}"
    return Applied(_result(approval) | {"change": change}, summary, record=record)


def _result(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.id,
        "status": approval.status,
        "outcome": approval.outcome,
        "decided_by_name": approval.decided_by_name,
        "decided_at": approval.decided_at,
        "decision_note": approval.decision_note,
    }


def _label_approving(_: ApproveRequest, preview: Preview) -> str:
    is_void = preview.changes[-1].after == ApprovalStatus.VOID
    return "Mark as void" if is_void else f"Approve: {preview.facts['label']}"


approve_request = Action(
    name="approvals.approve",
    title="Approve the request",
    command=ApproveRequest,
    preview=preview_approving,
    apply=apply_approving,
    permission=Permission.APPROVALS_DECIDE,
    lock=lock_approving,
    confirm_label=_label_approving,
    subject=find_request,
    subject_field="approval",
    live=False,
)

reject_request = Action(
    name="approvals.reject",
    title="Reject the request",
    command=RejectRequest,
    preview=preview_rejecting,
    apply=apply_rejecting,
    permission=Permission.APPROVALS_DECIDE,
    lock=lock_request,
    confirm_label=lambda _, preview: f"Reject: {preview.facts['label']}",
    destructive=True,
    subject=find_request,
    subject_field="approval",
    live=False,
)

withdraw_request = Action(
    name="approvals.withdraw",
    title="Withdraw the request",
    command=WithdrawRequest,
    preview=preview_withdrawing,
    apply=apply_withdrawing,
    permission=Permission.APPROVALS_READ,
    lock=lock_request,
    confirm_label=lambda _, preview: f"Withdraw: {preview.facts['label']}",
    rest=RestCall("POST", "/approvals/{approval}/withdrawal", "Withdraw a request of one's own"),
    destructive=True,
    subject=find_request,
    subject_field="approval",
    live=False,
)

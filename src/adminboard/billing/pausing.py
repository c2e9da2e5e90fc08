"""Pausing the collection of payments (Stripe's pause_collection), and taking it up again.

The subscription itself goes on, and so does the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import Field, TypeAdapter
from sqlalchemy.orm import Session

from adminboard.billing.live_subscription import (
    ChangeSubscription,
    LiveSubscription,
    find_approval_sentence,
    find_customer,
    get_changeable,
    lock_subscription,
)
from adminboard.billing.models import PauseBehavior
from adminboard.billing.subscription_calls import make_kind, write_call
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall, Undo
from adminboard.core.commands import Moment, Reason, require_future, undo_reason
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.stripe import objects

if TYPE_CHECKING:
    from adminboard.stripe.gateway.subscriptions import Subscriptions

COLLECTING, PAUSED = "collecting", "paused"
IN_WORDS = {
    PauseBehavior.VOID: "Are void: the time is free",
    PauseBehavior.KEEP_AS_DRAFT: "Stay drafts, to be collected later",
    PauseBehavior.MARK_UNCOLLECTIBLE: "Count as uncollectible",
}
_MOMENT = TypeAdapter(datetime)


class PausedAlready(DomainError):
    """Stripe collects nothing for this subscription."""

    title = "The collection is paused already"


class NotPaused(DomainError):
    """Stripe collects the payments of this subscription."""

    title = "The collection is not paused"


class Pause(ChangeSubscription):
    """Stop collecting the payments of the customer's subscription for a while; the plan goes on."""

    invoices: PauseBehavior = Field(
        PauseBehavior.VOID,
        title="Invoices meanwhile",
        json_schema_extra={"options": {word.value: IN_WORDS[word] for word in PauseBehavior}},
    )
    resumes_at: Moment = Field(
        None, title="Resumes", description="Empty: it stays paused until somebody resumes it."
    )
    reason: Reason


class Resume(ChangeSubscription):
    """Collect the payments of the customer's subscription again."""

    reason: Reason


def preview_pausing(session: Session, command: Pause) -> Preview:
    """Raises what `get_changeable` raises, `PausedAlready`, `NotInTheFuture`."""
    found = _get_collecting(session, command)
    require_future(command.resumes_at, moment(session), "resumes_at")
    goes_on = Caution(
        "plan_goes_on", f"Only the payments pause: {found.customer} keeps the plan and its access meanwhile."
    )
    return Preview(
        subject=found.target,
        changes=(
            Change("Collection", COLLECTING, PAUSED),
            Change("Invoices meanwhile", None, IN_WORDS[command.invoices]),
            Change("Resumes", None, command.resumes_at, cell="datetime"),
        ),
        warnings=(goes_on,),
        needs_approval=find_approval_sentence(session),
    )


def apply_pausing(work: Work, command: Pause) -> Applied:
    """Writes the call down. Its undo resumes."""
    found = _get_collecting(work.session, command)
    operation = write_call(work, pausing, found, invoices=command.invoices, resumes_at=command.resumes_at)
    undo = Resume(
        customer=str(found.organization_id), subscription=found.id, reason=undo_reason(command.reason)
    )
    return Applied(
        {"subscription_id": found.id, "collection": PAUSED, "resumes_at": command.resumes_at},
        f"Asked Stripe to pause the collection of {found.customer}",
        Undo("billing.resume", undo),
        operation=operation,
    )


def preview_resuming(session: Session, command: Resume) -> Preview:
    """Raises what `get_changeable` raises, `NotPaused`."""
    found, behavior = _get_paused(session, command)
    return Preview(
        subject=found.target,
        changes=(
            Change("Collection", PAUSED, COLLECTING),
            Change("Invoices meanwhile", IN_WORDS[behavior], None),
            Change("Resumes", found.pause_resumes_at, None, cell="datetime"),
        ),
        needs_approval=find_approval_sentence(session),
    )


def apply_resuming(work: Work, command: Resume) -> Applied:
    """Writes the call down. Its undo pauses again, as before; but not until a day that is over."""
    found, behavior = _get_paused(work.session, command)
    operation = write_call(work, resuming, found)
    resumes_at = found.pause_resumes_at
    undo = Pause(
        customer=str(found.organization_id),
        subscription=found.id,
        invoices=behavior,
        resumes_at=resumes_at if resumes_at is not None and resumes_at > work.now() else None,
        reason=undo_reason(command.reason),
    )
    return Applied(
        {"subscription_id": found.id, "collection": COLLECTING, "resumes_at": None},
        f"Asked Stripe to collect from {found.customer} again",
        Undo("billing.pause", undo),
        operation=operation,
    )


def _former(preview: Preview) -> Mapping[str, Any]:
    """What an approval rests on: what it is about to replace."""
    return {change.field: change.before for change in preview.changes}


def _get_collecting(session: Session, command: Pause) -> LiveSubscription:
    found = get_changeable(session, command)
    if found.pause_behavior is not None:
        raise PausedAlready(f"Stripe collects nothing from {found.customer} already. Resume it first.")
    return found


def _get_paused(session: Session, command: Resume) -> tuple[LiveSubscription, PauseBehavior]:
    found = get_changeable(session, command)
    if found.pause_behavior is None:
        raise NotPaused(f"Stripe collects from {found.customer}: there is no pause to end.")
    return found, found.pause_behavior


def _ask_pausing(
    subscriptions: Subscriptions, stripe_id: str, parameters: Mapping[str, Any], key: str
) -> objects.Subscription:
    from adminboard.stripe.gateway import PauseBehavior  # noqa: PLC0415 - see `Runtime.stripe`

    resumes_at = parameters["resumes_at"]
    return subscriptions.pause(
        stripe_id,
        key=key,
        behavior=PauseBehavior(parameters["invoices"]),
        resumes_at=_MOMENT.validate_python(resumes_at) if resumes_at else None,
    )


pausing = make_kind(
    "stripe.pause",
    "The pause",
    "billing.pause",
    change=_ask_pausing,
    is_done=lambda found, _: found.pause is not None,
    tell=lambda customer, _, __: f"Paused the collection of {customer}",
)
resuming = make_kind(
    "stripe.resume",
    "The end of the pause",
    "billing.resume",
    change=lambda subscriptions, stripe_id, _, key: subscriptions.end_pause(stripe_id, key=key),
    is_done=lambda found, _: found.pause is None,
    tell=lambda customer, _, __: f"Collecting from {customer} again",
)

pause = Action(
    name="billing.pause",
    title="Pause collection",
    command=Pause,
    preview=preview_pausing,
    apply=apply_pausing,
    permission=Permission.BILLING_WRITE,
    lock=lock_subscription,
    confirm_label=lambda *_: "Pause",
    rest=RestCall(
        "POST",
        "/customers/{customer}/subscription/pause",
        "Stop collecting the payments of a customer's subscription",
        example={"invoices": "void", "resumes_at": None, "reason": "Closed for renovation until autumn"},
    ),
    subject=find_customer,
    subject_field="customer",
    approval_facts=_former,
    live=False,
)

resume = Action(
    name="billing.resume",
    title="Resume collection",
    command=Resume,
    preview=preview_resuming,
    apply=apply_resuming,
    permission=Permission.BILLING_WRITE,
    lock=lock_subscription,
    confirm_label=lambda *_: "Resume",
    rest=RestCall(
        "DELETE",
        "/customers/{customer}/subscription/pause",
        "Collect the payments of a customer's subscription again",
        example={"reason": "The practice is open again"},
    ),
    subject=find_customer,
    subject_field="customer",
    approval_facts=_former,
    live=False,
)

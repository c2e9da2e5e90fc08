"""Pausing the collection of payments (Stripe's pause_collection), and taking it up again.

The subscription itself goes on, and so does the plan. Our rows do not show a pause: Stripe is asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

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
from adminboard.billing.stripe_access import stripe_of
from adminboard.billing.subscription_calls import make_kind, write_call
from adminboard.core.actions import Action, Applied, Caution, Change, Preview, RestCall, Undo
from adminboard.core.commands import Moment, Reason, require_future, undo_reason
from adminboard.core.errors import DomainError
from adminboard.core.permissions import Permission
from adminboard.core.work import Work, moment
from adminboard.runtime import Runtime
from adminboard.stripe import objects

if TYPE_CHECKING:
    from adminboard.stripe.gateway.subscriptions import Subscriptions

COLLECTING, PAUSED = "collecting", "paused"
_MOMENT = TypeAdapter(datetime)


class PausedAlready(DomainError):
    """Stripe collects nothing for this subscription."""

    title = "The collection is paused already"


class NotPaused(DomainError):
    """Stripe collects the payments of this subscription."""

    title = "The collection is not paused"


class Invoices(StrEnum):
    """What becomes of the invoices of a pause; Stripe's words."""

    VOID = "void"
    KEEP_AS_DRAFT = "keep_as_draft"
    MARK_UNCOLLECTIBLE = "mark_uncollectible"


@dataclass(frozen=True, slots=True)
class Collection:
    """Whether Stripe collects payments, and how a pause is set."""

    is_paused: bool
    invoices: str = ""
    resumes_at: datetime | None = None


class Pause(ChangeSubscription):
    """Stop collecting the payments of the customer's subscription for a while; the plan goes on."""

    carried: ClassVar[frozenset[str]] = frozenset({"collection"})

    invoices: Invoices = Field(
        Invoices.VOID,
        title="Invoices meanwhile",
        json_schema_extra={
            "options": {
                Invoices.VOID.value: "Are void: the time is free",
                Invoices.KEEP_AS_DRAFT.value: "Stay drafts, to be collected later",
                Invoices.MARK_UNCOLLECTIBLE.value: "Count as uncollectible",
            }
        },
    )
    resumes_at: Moment = Field(
        None, title="Resumes", description="Empty: it stays paused until somebody resumes it."
    )
    reason: Reason
    collection: Collection | None = None


class Resume(ChangeSubscription):
    """Collect the payments of the customer's subscription again."""

    carried: ClassVar[frozenset[str]] = frozenset({"collection"})

    reason: Reason
    collection: Collection | None = None


def fetch_pause(runtime: Runtime, command: Pause) -> Pause:
    """With whether Stripe collects now. Raises what `get_changeable` and asking Stripe raise."""
    return command.model_copy(update={"collection": _ask_collection(runtime, command)})


def fetch_resume(runtime: Runtime, command: Resume) -> Resume:
    """The same."""
    return command.model_copy(update={"collection": _ask_collection(runtime, command)})


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
            Change("Resumes", None, command.resumes_at, cell="datetime"),
        ),
        warnings=(goes_on,),
        facts=_state_of(found),
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
    found = _get_paused(session, command)
    resumes_at = command.collection.resumes_at if command.collection is not None else None
    return Preview(
        subject=found.target,
        changes=(
            Change("Collection", PAUSED, COLLECTING),
            Change("Resumes", resumes_at, None, cell="datetime"),
        ),
        facts=_state_of(found),
        needs_approval=find_approval_sentence(session),
    )


def apply_resuming(work: Work, command: Resume) -> Applied:
    """Writes the call down. Its undo pauses again, as before; but not until a day that is over."""
    found = _get_paused(work.session, command)
    former = command.collection
    assert former is not None, "the runner fetches it"
    operation = write_call(work, resuming, found)
    is_ahead = former.resumes_at is not None and former.resumes_at > work.now()
    undo = Pause(
        customer=str(found.organization_id),
        subscription=found.id,
        invoices=Invoices(former.invoices),
        resumes_at=former.resumes_at if is_ahead else None,
        reason=undo_reason(command.reason),
    )
    return Applied(
        {"subscription_id": found.id, "collection": COLLECTING, "resumes_at": None},
        f"Asked Stripe to collect from {found.customer} again",
        Undo("billing.pause", undo),
        operation=operation,
    )


def _state_of(found: LiveSubscription) -> Mapping[str, Any]:
    """Since a pause is not in our row, a confirmation rests on the row not having moved at all since."""
    return {"shown_at": found.shown_at}


def _former(preview: Preview) -> Mapping[str, Any]:
    """What an approval rests on: a row moves with every period."""
    return {change.field: change.before for change in preview.changes}


def _ask_collection(runtime: Runtime, command: ChangeSubscription) -> Collection:
    with runtime.reading() as session:
        stripe_id = get_changeable(session, command).stripe_id
    pause = stripe_of(runtime).subscriptions.get(stripe_id).pause
    if pause is None:
        return Collection(is_paused=False)
    return Collection(True, pause.behavior, pause.resumes_at)


def _get_collecting(session: Session, command: Pause) -> LiveSubscription:
    found = get_changeable(session, command)
    if command.collection is not None and command.collection.is_paused:
        raise PausedAlready(f"Stripe collects nothing from {found.customer} already. Resume it first.")
    return found


def _get_paused(session: Session, command: Resume) -> LiveSubscription:
    found = get_changeable(session, command)
    if command.collection is not None and not command.collection.is_paused:
        raise NotPaused(f"Stripe collects from {found.customer}: there is no pause to end.")
    return found


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
    fetch=fetch_pause,
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
    fetch=fetch_resume,
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

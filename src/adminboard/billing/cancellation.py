"""Cancelling a subscription, at the end of its period or now, and taking the former back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy.orm import Session

from adminboard.billing.live_subscription import (
    ChangeSubscription,
    LiveSubscription,
    find_approval_sentence,
    find_customer,
    find_live,
    get_changeable,
    lock_subscription,
)
from adminboard.billing.subscription_calls import make_kind, write_call
from adminboard.core.actions import Action, Applied, Caution, Change, Detail, Preview, RestCall, Undo
from adminboard.core.commands import Reason, undo_reason
from adminboard.core.errors import DomainError
from adminboard.core.limits import PerMinute
from adminboard.core.permissions import Permission
from adminboard.core.said_moments import say_moment
from adminboard.core.work import Work
from adminboard.stripe import objects

if TYPE_CHECKING:
    from adminboard.stripe.gateway.subscriptions import Subscriptions

ENDED = "canceled"
AT_MOST = PerMinute("cancellations and reactivations", 5)


class CancelsAlready(DomainError):
    """The subscription is set to cancel, at the end of its period or on a date."""

    title = "It is cancelled already"


class NotCancelling(DomainError):
    """Only a subscription that is set to cancel can be reactivated."""

    title = "There is nothing to take back"


class CancelWhen(StrEnum):
    PERIOD_END = "period_end"
    NOW = "now"


class Cancel(ChangeSubscription):
    """Cancel the customer's subscription, at the end of the period that is paid for, or at once."""

    when: CancelWhen = Field(
        CancelWhen.PERIOD_END,
        title="When",
        json_schema_extra={
            "options": {
                CancelWhen.PERIOD_END.value: "At the end of the period",
                CancelWhen.NOW.value: "Now",
            }
        },
    )
    reason: Reason


class Reactivate(ChangeSubscription):
    """Let a subscription go on that is set to cancel, at the end of its period or on a date."""

    reason: Reason


def preview_cancelling(session: Session, command: Cancel) -> Preview:
    """Raises what `get_changeable` raises, `CancelsAlready`."""
    found = _get_cancellable(session, command)
    is_now = command.when is CancelWhen.NOW
    change = (
        Change("Status", found.status, ENDED)
        if is_now
        else Change("Set to cancel", found.cancel_at_period_end, True)
    )
    at_once = Caution(
        "at_once",
        f"The members of {found.customer} lose the plan at once, and nothing is given back. This cannot be "
        "undone.",
        must_acknowledge=True,
    )
    return Preview(
        subject=found.target,
        changes=(change,),
        details=() if is_now else (Detail("Ends", found.current_period_end, cell="datetime"),),
        warnings=(at_once,) if is_now else (),
        needs_approval=find_approval_sentence(session),
    )


def apply_cancelling(work: Work, command: Cancel) -> Applied:
    """Writes the call down. What ends later can be taken back until then; what ends now cannot."""
    found = _get_cancellable(work.session, command)
    operation = write_call(work, cancelling, found, when=command.when, comment=command.reason)
    words = "now" if command.when is CancelWhen.NOW else "at the end of its period"
    undo = Reactivate(
        customer=str(found.organization_id),
        subscription=found.id,
        reason=undo_reason(command.reason),
    )
    return Applied(
        {"subscription_id": found.id, "when": command.when},
        f"Asked Stripe to cancel the subscription of {found.customer} {words}",
        Undo("billing.reactivate", undo) if command.when is CancelWhen.PERIOD_END else None,
        operation=operation,
    )


def preview_reactivating(session: Session, command: Reactivate) -> Preview:
    """Raises what `get_changeable` raises, `NotCancelling`."""
    found = _get_leaving(session, command)
    return Preview(
        subject=found.target,
        changes=(Change("Set to cancel", True, False),),
        details=(Detail("Goes on after", found.ends_at, cell="datetime"),),
        needs_approval=find_approval_sentence(session),
    )


def apply_reactivating(work: Work, command: Reactivate) -> Applied:
    """Writes the call down. Its undo cancels at the end of the period again; where the end was another date,
    which only Stripe can set, there is none."""
    found = _get_leaving(work.session, command)
    operation = write_call(work, reactivating, found)
    undo = Cancel(
        customer=str(found.organization_id),
        subscription=found.id,
        when=CancelWhen.PERIOD_END,
        reason=undo_reason(command.reason),
    )
    return Applied(
        {"subscription_id": found.id},
        f"Asked Stripe to let the subscription of {found.customer} go on",
        Undo("billing.cancel", undo) if found.ends_at == found.current_period_end else None,
        operation=operation,
    )


def begin_cancelling(session: Session, given: Mapping[str, str]) -> Mapping[str, str]:
    """What is set to end can only be ended now."""
    found = find_live(session, given)
    return {"when": CancelWhen.NOW.value} if found is not None and found.cancel_at_period_end else {}


def _get_cancellable(session: Session, command: Cancel) -> LiveSubscription:
    found = get_changeable(session, command)
    if command.when is CancelWhen.PERIOD_END and found.cancel_at_period_end:
        raise CancelsAlready(
            f"The subscription of {found.customer} is set to cancel on {_in_words(found.ends_at)} "
            "already. Reactivate it, or cancel it now."
        )
    return found


def _get_leaving(session: Session, command: Reactivate) -> LiveSubscription:
    found = get_changeable(session, command)
    if not found.cancel_at_period_end:
        raise NotCancelling(
            f"The subscription of {found.customer} is not set to cancel, so there is nothing to take back."
        )
    return found


def _in_words(moment: datetime | None) -> str:
    return "an unknown day" if moment is None else say_moment(moment)


def _ask_cancelling(
    subscriptions: Subscriptions, stripe_id: str, parameters: Mapping[str, Any], key: str
) -> objects.Subscription:
    if parameters["when"] == CancelWhen.NOW:
        return subscriptions.cancel_now(stripe_id, key=key, comment=parameters["comment"])
    return subscriptions.cancel_at_period_end(stripe_id, key=key, comment=parameters["comment"])


def _is_cancelled(found: objects.Subscription, parameters: Mapping[str, Any]) -> bool:
    return found.status == ENDED or (parameters["when"] == CancelWhen.PERIOD_END and found.is_leaving)


def _tell_cancelled(customer: str, parameters: Mapping[str, Any], found: objects.Subscription) -> str:
    if parameters["when"] == CancelWhen.NOW:
        return f"Cancelled the subscription of {customer}"
    return f"The subscription of {customer} ends on {_in_words(found.cancel_at or found.period_end)}"


cancelling = make_kind(
    "stripe.cancel",
    "The cancellation",
    "billing.cancel",
    change=_ask_cancelling,
    is_done=_is_cancelled,
    tell=_tell_cancelled,
)
reactivating = make_kind(
    "stripe.reactivate",
    "The reactivation",
    "billing.reactivate",
    change=lambda subscriptions, stripe_id, _, key: subscriptions.keep_after_period_end(stripe_id, key=key),
    is_done=lambda found, _: found.status != ENDED and not found.is_leaving,
    tell=lambda customer, _, __: f"The subscription of {customer} goes on",
)

cancel = Action(
    name="billing.cancel",
    title="Cancel subscription",
    command=Cancel,
    preview=preview_cancelling,
    apply=apply_cancelling,
    permission=Permission.BILLING_WRITE,
    lock=lock_subscription,
    limit=AT_MOST,
    confirm_label=lambda command, _: (
        "Cancel now" if command.when is CancelWhen.NOW else "Cancel at the end of the period"
    ),
    rest=RestCall(
        "POST",
        "/customers/{customer}/subscription/cancellation",
        "Cancel a customer's subscription, at the end of its period or now",
        example={"when": "period_end", "reason": "The customer closes the practice"},
    ),
    destructive=True,
    subject=find_customer,
    subject_field="customer",
    begin=begin_cancelling,
    live=False,
)

reactivate = Action(
    name="billing.reactivate",
    title="Reactivate subscription",
    command=Reactivate,
    preview=preview_reactivating,
    apply=apply_reactivating,
    permission=Permission.BILLING_WRITE,
    lock=lock_subscription,
    limit=AT_MOST,
    confirm_label=lambda *_: "Let it go on",
    rest=RestCall(
        "POST",
        "/customers/{customer}/subscription/reactivation",
        "Let a subscription go on that is set to cancel, at the end of its period or on a date",
        example={"reason": "The customer changed their mind"},
    ),
    subject=find_customer,
    subject_field="customer",
    live=False,
)

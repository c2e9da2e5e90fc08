"""The calls that change a subscription at Stripe, and what the board writes once they are answered.

Each asks for a state, not for a step, so whether it was done is seen by looking at the subscription.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from adminboard.billing.happenings import note_event
from adminboard.billing.live_subscription import LiveSubscription
from adminboard.billing.mirror.mirrored import NeedsFetching, just_after
from adminboard.billing.mirror.subscriptions import (
    PriceUnknown,
    SecondLiveSubscription,
    mirror_subscription,
)
from adminboard.billing.models import Subscription
from adminboard.billing.refund_call import KEY_LIFETIME
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.errors import DomainError
from adminboard.core.operations import Answer, Call, OperationKind, OutcomeUnknown, Settled, write
from adminboard.core.work import Work
from adminboard.runtime import Runtime
from adminboard.stripe import objects

if TYPE_CHECKING:
    from adminboard.stripe.gateway.subscriptions import Subscriptions

Change = Callable[["Subscriptions", str, Mapping[str, Any], str], objects.Subscription]
"""Asks for the change of a subscription, with its parameters and under a key."""
IsDone = Callable[[objects.Subscription, Mapping[str, Any]], bool]
Tell = Callable[[str, Mapping[str, Any], objects.Subscription], str]
"""The sentence of what was done for a customer."""
MOST_LOOKS = 3
_SUBSCRIPTION = TypeAdapter(objects.Subscription)
_MOMENT = TypeAdapter(datetime)


def make_kind(
    name: str, title: str, event: str, change: Change, is_done: IsDone, tell: Tell
) -> OperationKind:
    """A kind of operation on one subscription; ``event`` is the billing event that it leaves."""

    def call(runtime: Runtime, call: Call) -> Answer:
        # Stripe keeps the first answer under a key, even an error that came after the effect.
        known = look_up(runtime, call) if call.attempt > 1 else None
        if known is not None:
            return known
        shown_at = _read_shown(runtime, call)
        stripe_id = call.parameters["stripe_subscription_id"]
        found = change(stripe_of(runtime).subscriptions, stripe_id, call.parameters, call.key)
        try:
            return _answer(*_look(runtime, call))
        except DomainError as problem:
            if call.attempt > 1:
                raise OutcomeUnknown(f"It is done, but not how it stands now. {problem.detail}") from problem
            return _answer(found, shown_at)

    def look_up(runtime: Runtime, call: Call) -> Answer | None:
        found, shown_at = _look(runtime, call)
        return _answer(found, shown_at) if is_done(found, call.parameters) else None

    def settle(work: Work, call: Call, answer: Answer) -> Settled:
        found = _SUBSCRIPTION.validate_python(answer.data["subscription"])
        return _settle(work, call, event, found, answer, tell(call.target.label, call.parameters, found))

    return OperationKind(
        name=name, title=title, call=call, settle=settle, look_up=look_up, key_lifetime=KEY_LIFETIME
    )


def write_call(work: Work, kind: OperationKind, on: LiveSubscription, **parameters: Any) -> UUID:
    """Writes the call down, with what it is about; returns the operation's id."""
    return write(
        work,
        kind,
        on.target,
        {
            "subscription_id": on.id,
            "stripe_subscription_id": on.stripe_id,
            "stripe_item_id": on.stripe_item_id,
            "previous_status": on.status,
            "previous_quantity": on.quantity,
            **parameters,
        },
    )


def _look(runtime: Runtime, call: Call) -> tuple[objects.Subscription, datetime | None]:
    """The subscription as it is now, and what our row showed just before.

    The answer to the change is not enough: given again it is that of the first attempt, and while it was on
    its way a webhook may have told of an earlier change, which would then count as the newer one. Where the
    row moves meanwhile, Stripe is looked at again, within reason.
    """
    shown_at = _read_shown(runtime, call)
    for _ in range(MOST_LOOKS):
        before = shown_at
        found = stripe_of(runtime).subscriptions.get(call.parameters["stripe_subscription_id"])
        shown_at = _read_shown(runtime, call)
        if shown_at == before:
            break
    return found, before


def _read_shown(runtime: Runtime, call: Call) -> datetime | None:
    """What the row shows before Stripe is asked: by it is told later which of two states is newer."""
    with runtime.reading() as session:
        shown = select(Subscription.stripe_state_at).where(
            Subscription.id == UUID(call.parameters["subscription_id"])
        )
        return session.scalar(shown)


def _answer(found: objects.Subscription, shown_at: datetime | None) -> Answer:
    state_at = just_after(shown_at).isoformat()
    data = {"subscription": _SUBSCRIPTION.dump_python(found, mode="json"), "state_at": state_at}
    return Answer(found.id, data)


def _settle(
    work: Work, call: Call, event: str, found: objects.Subscription, answer: Answer, sentence: str
) -> Settled:
    """Brings the row to what Stripe showed, and notes what was done. Locks the customer.

    It is done whether or not the row can follow: where it cannot, the sentence says why. Otherwise the call
    would never end, and no other change of the subscription could be made.
    """
    before: Mapping[str, Any] = {}
    after: Mapping[str, Any] = {}
    left_behind = ""
    try:
        state_at = _MOMENT.validate_python(answer.data["state_at"])
        mirrored = mirror_subscription(work, found, state_at)
        before, after = mirrored.before, mirrored.after
    except NeedsFetching:
        pass  # The row was brought further meanwhile: what brought it there is newer than this answer.
    except (PriceUnknown, SecondLiveSubscription) as problem:
        left_behind = f", but the board cannot show it yet: {problem.detail}"
    organization_id = work.session.scalars(
        select(Subscription.organization_id).where(
            Subscription.id == UUID(call.parameters["subscription_id"])
        )
    ).one()
    note_event(
        work,
        event,
        organization_id=organization_id,
        notes=f"{sentence}, asked for by {call.requested_by}",
        stripe_customer_id=found.customer_id,
        stripe_subscription_id=found.id,
        previous_status=call.parameters["previous_status"],
        status=found.status,
        previous_quantity=call.parameters["previous_quantity"],
        quantity=_quantity_of(call, found),
    )
    return Settled(sentence + left_behind, before=before, after=after, result=_result(call, found))


def _quantity_of(call: Call, found: objects.Subscription) -> int | None:
    item_id = call.parameters["stripe_item_id"]
    return next((item.quantity for item in found.items if item.id == item_id), None)


def _result(call: Call, found: objects.Subscription) -> Mapping[str, Any]:
    """What Stripe shows; our row follows at once, or with the next webhook."""
    return {
        "subscription_id": call.parameters["subscription_id"],
        "status": found.status,
        "quantity": _quantity_of(call, found),
        "cancel_at_period_end": found.is_leaving,
        "cancel_at": found.cancel_at,
        "current_period_end": found.period_end,
    }

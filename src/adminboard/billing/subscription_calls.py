"""The calls that change a subscription at Stripe, and what the board writes once they are answered.

Each asks for a state, not for a step, so whether it was done is seen by looking at the subscription.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from adminboard.billing.happenings import note_event
from adminboard.billing.live_subscription import LiveSubscription
from adminboard.billing.mirror.mirrored import NeedsFetching, just_after
from adminboard.billing.mirror.subscriptions import mirror_subscription
from adminboard.billing.models import Subscription
from adminboard.billing.refund_call import KEY_LIFETIME
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.operations import Answer, Call, OperationKind, Settled, write
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
_SUBSCRIPTION = TypeAdapter(objects.Subscription)
_MOMENT = TypeAdapter(datetime)


def make_kind(
    name: str, title: str, event: str, change: Change, is_done: IsDone, tell: Tell
) -> OperationKind:
    """A kind of operation on one subscription; ``event`` is the billing event that it leaves."""

    def call(runtime: Runtime, call: Call) -> Answer:
        subscriptions, parameters = stripe_of(runtime).subscriptions, call.parameters
        shown_at, stripe_id = _read_shown(runtime, call), parameters["stripe_subscription_id"]
        found = change(subscriptions, stripe_id, parameters, call.key)
        # An answer that Stripe gives again is that of the first attempt, and may be old by now.
        return _answer(subscriptions.get(stripe_id) if call.attempt > 1 else found, shown_at)

    def look_up(runtime: Runtime, call: Call) -> Answer | None:
        shown_at = _read_shown(runtime, call)
        found = stripe_of(runtime).subscriptions.get(call.parameters["stripe_subscription_id"])
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
    """Brings the row to what Stripe showed, and notes what was done. Locks the customer."""
    before: Mapping[str, Any] = {}
    after: Mapping[str, Any] = {}
    # Where the row was brought further meanwhile, what brought it there is newer than this answer.
    with suppress(NeedsFetching):
        state_at = _MOMENT.validate_python(answer.data["state_at"])
        mirrored = mirror_subscription(work, found, state_at)
        before, after = mirrored.before, mirrored.after
    row = work.session.get_one(Subscription, UUID(call.parameters["subscription_id"]), populate_existing=True)
    note_event(
        work,
        event,
        organization_id=row.organization_id,
        notes=f"{sentence}, asked for by {call.requested_by}",
        stripe_customer_id=found.customer_id,
        stripe_subscription_id=found.id,
        previous_status=call.parameters["previous_status"],
        status=found.status,
        previous_quantity=call.parameters["previous_quantity"],
        quantity=row.quantity,
    )
    return Settled(sentence, before=before, after=after, result=_result(row))


def _result(row: Subscription) -> Mapping[str, Any]:
    return {
        "subscription_id": row.id,
        "status": row.status,
        "quantity": row.quantity,
        "cancel_at_period_end": row.cancel_at_period_end,
        "current_period_end": row.current_period_end,
    }

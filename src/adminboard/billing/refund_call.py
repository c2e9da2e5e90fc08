"""The call that gives money back, and its account on the board: refunds, invoice and billing events.

One decision may take several payments; each is refunded under a key of its own that follows from the
operation's. Whatever was possible of it is accounted for, also where Stripe refuses the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from adminboard.billing.happenings import note_event
from adminboard.billing.mirror.customers_of_ours import lock_customer
from adminboard.billing.mirror.mirrored import just_after
from adminboard.billing.mirror.refunds import Origin, mirror_refund
from adminboard.billing.models import Invoice, Refund, RefundStatus
from adminboard.billing.refund_rules import REFUND, Part, key_of_part
from adminboard.billing.stripe_access import stripe_of
from adminboard.core.currencies import in_currency
from adminboard.core.errors import TooFast, Unavailable
from adminboard.core.operations import Answer, Call, OperationKind, OutcomeUnknown, Refused, Settled
from adminboard.core.work import Work
from adminboard.customers.models import Organization
from adminboard.runtime import Runtime
from adminboard.stripe import objects

KEY_LIFETIME = timedelta(hours=23)
"""Stripe keeps a key for 24 hours; a call with all its repeats takes minutes at most."""
REFUNDED = "billing.refund"
_REFUND = TypeAdapter(objects.Refund)


def make_refunds(runtime: Runtime, call: Call) -> Answer:
    """Gives each part back. After an attempt that nobody knows the end of, it looks before it asks again.

    Raises `Refused` when nothing was given back, and `OutcomeUnknown` as soon as anything may have been.
    """
    refunds, made = stripe_of(runtime).refunds, []
    for part, key in _parts_of(call):
        found = refunds.find_by_key(part.payment, key) if call.attempt > 1 else None
        try:
            made.append(
                found
                or refunds.create(part.payment, part.amount_cents, key=key, reason=call.parameters["reason"])
            )
        except Refused as refusal:
            if not made:
                raise
            return _answer(made, refusal.detail)
        except (Unavailable, TooFast) as problem:
            if not made:
                raise
            raise OutcomeUnknown(f"A part was refunded, the rest not yet. {problem.detail}") from problem
    return _answer(made)


def find_refunds(runtime: Runtime, call: Call) -> Answer | None:
    """What was given back of it, by the keys that Stripe keeps with its refunds for ever."""
    refunds = stripe_of(runtime).refunds
    found = [refunds.find_by_key(part.payment, key) for part, key in _parts_of(call)]
    made = [refund for refund in found if refund is not None]
    if not made:
        return None
    is_all = len(made) == len(found)
    return _answer(made, None if is_all else "There is no trace of the rest at Stripe, so it was not done.")


def settle(work: Work, call: Call, answer: Answer) -> Settled:
    """Accounts for what was given back. Locks the customer, as every mirror does."""
    invoice = work.session.get_one(Invoice, call.parameters["invoice_id"])
    customer = work.session.get_one(Organization, invoice.organization_id)
    lock_customer(work, customer.stripe_customer_id, or_of=customer.id)
    work.session.refresh(invoice)
    before = invoice.amount_refunded_cents
    origin = Origin(customer.stripe_customer_id, invoice.stripe_invoice_id)
    made = [_REFUND.validate_python(data) for data in answer.data["refunds"]]
    rows = [_keep(work, call, refund, origin) for refund in made]
    for refund in made:
        _note(work, call, invoice, refund)
    say = _sayer(invoice.currency)
    return Settled(
        _sentence(call, made, answer.data.get("refused")),
        before={"Refunded": say(before)},
        after={"Refunded": say(invoice.amount_refunded_cents)},
        result={
            "refunds": [_result(row) for row in rows],
            "amount_refunded_cents": invoice.amount_refunded_cents,
        },
    )


def _parts_of(call: Call) -> Sequence[tuple[Part, str]]:
    """What is given back of which payment, each with its key."""
    parts = [Part.from_data(data) for data in call.parameters["parts"]]
    return [(part, key_of_part(call.key, number)) for number, part in enumerate(parts, start=1)]


def _answer(made: Sequence[objects.Refund], refused: str | None = None) -> Answer:
    data = [_REFUND.dump_python(refund, mode="json") for refund in made]
    return Answer(made[0].id, {"refunds": data, "refused": refused})


def _keep(work: Work, call: Call, refund: objects.Refund, origin: Origin) -> Refund:
    """The refund's row. Whatever a webhook has told of it is newer than the answer of the call."""
    mirrored = mirror_refund(work, refund, just_after(None), origin=origin, requested_by=call.requested_by)
    return work.session.get_one(Refund, mirrored.record_id)


def _note(work: Work, call: Call, invoice: Invoice, refund: objects.Refund) -> None:
    note_event(
        work,
        REFUNDED,
        organization_id=invoice.organization_id,
        notes=f"Refunded by {call.requested_by}",
        stripe_invoice_id=invoice.stripe_invoice_id,
        stripe_charge_id=refund.charge_id,
        stripe_refund_id=refund.id,
        amount_cents=refund.amount_cents,
        currency=refund.currency,
        status=refund.status,
    )


def _sentence(call: Call, made: Sequence[objects.Refund], refused: str | None) -> str:
    say = _sayer(call.parameters["currency"])
    total = sum(refund.amount_cents for refund in made)
    done = f"Refunded {say(total)} of {call.target.label}"
    waiting = sorted({refund.status or "pending" for refund in made} - {RefundStatus.SUCCEEDED.value})
    if waiting:
        done = f"{done}; Stripe says {', '.join(word.replace('_', ' ') for word in waiting)}"
    if refused is None:
        return done
    missing = say(call.parameters["amount_cents"] - total)
    return f"{done}, but not the other {missing}: {refused}"


def _result(row: Refund) -> Mapping[str, Any]:
    return {
        "id": row.id,
        "stripe_refund_id": row.stripe_refund_id,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "status": row.status,
    }


def _sayer(currency: str) -> Callable[[int], str]:
    return lambda cents: in_currency(cents, currency)


refunding = OperationKind(
    name=REFUND,
    title="The refund",
    call=make_refunds,
    settle=settle,
    look_up=find_refunds,
    key_lifetime=KEY_LIFETIME,
)

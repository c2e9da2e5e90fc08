"""Examples of changes that Stripe makes; their boards speak to the stand-in."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session
from stripe.params import SubscriptionUpdateParams

from adminboard.billing.cancellation import Cancel, CancelWhen, Reactivate
from adminboard.billing.models import Invoice, PauseBehavior, Plan, RefundReason, Subscription
from adminboard.billing.pausing import IN_WORDS, Pause, Resume
from adminboard.billing.quantity import ChangeQuantity, Charging
from adminboard.billing.refunds import RefundInvoice
from adminboard.core.currencies import in_currency
from tests.billing.sold import Sold, maker_of, sell
from tests.guarantees.examples.scene import Example, MakeExample, Scene, Seen

REASON = "Agreed with the customer"


def refund(scene: Scene) -> Example:
    sold = sell(scene.board, seats=scene.chance.randrange(1, 6))
    command = RefundInvoice(
        invoice=sold.invoice_id,
        customer=str(sold.organization_id),
        amount_cents=scene.chance.choice([sold.paid_cents, scene.chance.randrange(1, sold.paid_cents)]),
        currency="usd",
        reason=scene.chance.choice(list(RefundReason)),
        note="Cancelled within the trial",
    )
    is_part = command.amount_cents * 2 <= sold.paid_cents
    return Example(command, lambda session: _see_refunded(session, sold.invoice_id), repeatable=is_part)


def _see_refunded(session: Session, invoice_id: UUID) -> Seen:
    invoice = session.get_one(Invoice, invoice_id)
    left = invoice.amount_paid_cents - invoice.amount_refunded_cents
    return {
        "Refunded": in_currency(invoice.amount_refunded_cents, "usd"),
        "Left to refund": in_currency(left, "usd"),
    }


def quantity(scene: Scene) -> Example:
    seats, wanted = scene.chance.sample(range(1, 9), 2)
    sold = sell(scene.board, seats=seats)
    command = ChangeQuantity(
        customer=str(sold.organization_id),
        quantity=wanted,
        charging=scene.chance.choice(list(Charging)),
        reason=REASON,
    )
    return Example(command, lambda session: _see_seats(session, sold))


def cancellation(scene: Scene) -> Example:
    sold = sell(scene.board)
    command = Cancel(
        customer=str(sold.organization_id), when=scene.chance.choice(list(CancelWhen)), reason=REASON
    )
    return Example(command, lambda session: _see_end(session, sold, command.when))


def reactivation(scene: Scene) -> Example:
    sold = sell(scene.board, cancel_at_period_end=True)
    maker_of(scene.board.runtime).client.v1.subscriptions.update(
        sold.stripe.id, {"cancel_at_period_end": True}
    )
    command = Reactivate(customer=str(sold.organization_id), reason=REASON)
    return Example(command, lambda session: _see_end(session, sold, CancelWhen.PERIOD_END))


def pause(scene: Scene) -> Example:
    sold = sell(scene.board)
    now = scene.board.clock.now()
    command = Pause(
        customer=str(sold.organization_id),
        invoices=scene.chance.choice(list(PauseBehavior)),
        resumes_at=scene.chance.choice([None, now + timedelta(days=9)]),
        reason=REASON,
    )
    return Example(command, lambda _: _see_collection(scene, sold))


def resumption(scene: Scene) -> Example:
    behavior = scene.chance.choice(list(PauseBehavior))
    resumes_at = scene.chance.choice([None, scene.board.clock.now() + timedelta(days=9)])
    sold = sell(scene.board, pause_behavior=behavior, pause_resumes_at=resumes_at)
    wanted: SubscriptionUpdateParams = {"pause_collection": {"behavior": behavior.value}}
    if resumes_at is not None:
        wanted["pause_collection"] = {"behavior": behavior.value, "resumes_at": int(resumes_at.timestamp())}
    maker_of(scene.board.runtime).client.v1.subscriptions.update(sold.stripe.id, wanted)
    return Example(
        Resume(customer=str(sold.organization_id), reason=REASON), lambda _: _see_collection(scene, sold)
    )


def _see_seats(session: Session, sold: Sold) -> Seen:
    row = session.get_one(Subscription, sold.subscription_id)
    price = session.get_one(Plan, row.plan_id).amount_cents
    return {"Seats": row.quantity, "Each month": in_currency(price * row.quantity, "usd")}


def _see_end(session: Session, sold: Sold, when: CancelWhen) -> Seen:
    row = session.get_one(Subscription, sold.subscription_id)
    if when is CancelWhen.NOW:
        return {"Status": row.status.value}
    return {"Set to cancel": row.cancel_at_period_end}


def _see_collection(scene: Scene, sold: Sold) -> Seen:
    """At Stripe."""
    found = maker_of(scene.board.runtime).client.v1.subscriptions.retrieve(sold.stripe.id).pause_collection
    resumes_at = found.resumes_at if found else None
    return {
        "Collection": "paused" if found else "collecting",
        "Invoices meanwhile": IN_WORDS[PauseBehavior(found.behavior)] if found else None,
        "Resumes": datetime.fromtimestamp(resumes_at, UTC) if resumes_at else None,
    }


EXAMPLES: dict[str, MakeExample] = {
    "billing.refund": refund,
    "billing.change_quantity": quantity,
    "billing.cancel": cancellation,
    "billing.reactivate": reactivation,
    "billing.pause": pause,
    "billing.resume": resumption,
}

"""Refunds as Stripe's events tell of them, and what they leave of the invoice."""

import pytest
import stripe
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import CustomerUnknown
from adminboard.billing.models import Invoice, Refund
from tests.stand_in import Control
from tests.stripe.making import Maker
from tests.webhooks.kinds.conftest import Listener, Scene


@pytest.fixture
def paid(scene: Scene) -> stripe.Subscription:
    """A subscription of three seats at 79.00 whose first invoice is paid."""
    return scene.subscribe()


def give_back(scene: Scene, paid: stripe.Subscription, cents: int) -> stripe.Refund:
    intent = scene.make.payment_of(paid)
    return scene.client.v1.refunds.create(
        {"payment_intent": intent, "amount": cents, "reason": "requested_by_customer"}
    )


def rows(session: Session) -> tuple[list[Refund], Invoice]:
    session.expire_all()
    return (
        list(session.scalars(select(Refund).order_by(Refund.amount_cents))),
        session.scalars(select(Invoice)).one(),
    )


def test_a_refund_is_added_and_the_invoice_knows(
    session: Session, scene: Scene, paid: stripe.Subscription, listener: Listener
) -> None:
    listener.hear_last("invoice.paid")
    made = give_back(scene, paid, 1000)
    told = listener.hear_last("charge.refunded")
    (refund,), invoice = rows(session)
    assert (refund.stripe_refund_id, refund.amount_cents, refund.status, refund.reason) == (
        made.id,
        1000,
        "succeeded",
        "requested_by_customer",
    )
    assert (refund.invoice_id, refund.organization_id) == (invoice.id, scene.organization.id)
    assert refund.requested_by == "Stripe dashboard"
    assert invoice.amount_refunded_cents == 1000
    assert (told.stripe_refund_id, told.amount_cents, told.stripe_invoice_id) == (
        made.id,
        1000,
        invoice.stripe_invoice_id,
    )


def test_two_refunds_of_one_charge_add_up(
    session: Session, scene: Scene, paid: stripe.Subscription, listener: Listener
) -> None:
    give_back(scene, paid, 1000)
    give_back(scene, paid, 2500)
    listener.hear_all(listener.events("charge.refunded"))
    refunds, invoice = rows(session)
    assert [refund.amount_cents for refund in refunds] == [1000, 2500]
    assert invoice.amount_refunded_cents == 3500


def test_one_that_failed_gives_nothing_back(
    session: Session, scene: Scene, paid: stripe.Subscription, listener: Listener, control: Control
) -> None:
    made = give_back(scene, paid, 1000)
    listener.hear_last("charge.refunded")
    control("clock", days=3)
    control("fail_refund", refund=made.id)
    told = listener.hear_last("refund.failed")
    (refund,), invoice = rows(session)
    assert (refund.status, invoice.amount_refunded_cents) == ("failed", 0)
    assert refund.failure_reason == "expired_or_canceled_card"
    assert (told.previous_status, told.status) == ("succeeded", "failed")


def test_a_refund_whose_invoice_never_came_brings_it_along(
    session: Session, scene: Scene, paid: stripe.Subscription, listener: Listener, control: Control
) -> None:
    made = give_back(scene, paid, 1000)
    control("fail_refund", refund=made.id)
    listener.hear_last("refund.updated")
    (refund,), invoice = rows(session)
    assert (refund.status, invoice.status, invoice.amount_refunded_cents) == ("failed", "paid", 0)


def test_a_changed_refund_that_is_here_asks_nothing(
    session: Session, scene: Scene, paid: stripe.Subscription, listener: Listener, control: Control
) -> None:
    made = give_back(scene, paid, 1000)
    listener.hear_last("charge.refunded")
    control("clock", days=1)
    scene.client.v1.refunds.update(made.id, {"metadata": {"ticket": "4711"}})
    event = listener.events("refund.updated")[-1]
    calls = len(scene.standin.calls)
    told = listener.hear(event)
    assert len(scene.standin.calls) == calls
    assert told.before == told.after == {}


def test_money_of_a_stranger_is_refused(scene: Scene, make: Maker, listener: Listener) -> None:
    stranger = make.subscription(price=scene.price)
    give_back(scene, stranger, 500)
    with pytest.raises(CustomerUnknown):
        listener.hear_last("charge.refunded")

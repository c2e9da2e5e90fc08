"""Customers and what they pay with, as Stripe's events tell of them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import PaymentMethod
from adminboard.customers.models import Organization
from tests.stand_in import Control
from tests.webhooks.kinds.conftest import Listener, Scene


def methods(session: Session) -> dict[str, PaymentMethod]:
    session.expire_all()
    return {row.stripe_payment_method_id: row for row in session.scalars(select(PaymentMethod))}


def payer(session: Session) -> Organization:
    session.expire_all()
    return session.scalars(select(Organization)).one()


def test_an_attached_card_is_added(session: Session, scene: Scene, listener: Listener) -> None:
    told = listener.hear_last("payment_method.attached")
    row = methods(session)[scene.card]
    assert (row.organization_id, row.type, row.brand, row.last4) == (
        scene.organization.id,
        "card",
        "visa",
        "4242",
    )
    assert (row.exp_month, row.exp_year, row.status, row.is_default) == (12, 2034, "active", False)
    assert told.stripe_customer_id == scene.customer.id


@pytest.mark.parametrize("order", [1, -1])
def test_the_default_is_marked_whatever_comes_first(
    session: Session, scene: Scene, listener: Listener, order: int
) -> None:
    events = listener.events("payment_method.attached", "customer.updated")
    listener.hear_all(events[::order])
    assert methods(session)[scene.card].is_default
    assert payer(session).billing_email == scene.customer.email


def test_there_is_one_default_at_most(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    listener.hear_all(listener.events())
    control("clock", days=1)
    other = scene.client.v1.payment_methods.attach("pm_card_mastercard", {"customer": scene.customer.id})
    scene.client.v1.customers.update(
        scene.customer.id, {"invoice_settings": {"default_payment_method": other.id}}
    )
    listener.hear_all(listener.events())
    assert {name: row.is_default for name, row in methods(session).items()} == {
        scene.card: False,
        other.id: True,
    }


@pytest.mark.parametrize("order", [1, -1])
def test_a_detached_one_is_kept_as_detached(
    session: Session, scene: Scene, listener: Listener, order: int
) -> None:
    scene.client.v1.payment_methods.detach(scene.card)
    listener.hear_all(listener.events()[::order])
    row = methods(session)[scene.card]
    assert (row.status, row.is_default, row.organization_id) == ("detached", False, scene.organization.id)


def test_a_renewed_card_has_its_new_month(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    listener.hear_last("payment_method.attached")
    control("clock", days=1)
    scene.client.v1.payment_methods.update(scene.card, {"card": {"exp_month": 3, "exp_year": 2037}})
    told = listener.hear_last("payment_method.updated")
    row = methods(session)[scene.card]
    assert (row.exp_month, row.exp_year) == (3, 2037)
    assert told.before == {"exp_month": 12, "exp_year": 2034}


def test_a_changed_address_is_taken_over(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    control("clock", days=1)
    scene.client.v1.customers.update(scene.customer.id, {"email": "billing@bluedoor.test"})
    told = listener.hear_last("customer.updated")
    assert payer(session).billing_email == "billing@bluedoor.test"
    assert told.organization_id == scene.organization.id


@pytest.mark.parametrize("order", [1, -1])
def test_a_deleted_customer_has_nothing_to_pay_with(
    session: Session, scene: Scene, listener: Listener, control: Control, order: int
) -> None:
    control("clock", days=1)
    scene.client.v1.customers.delete(scene.customer.id)
    listener.hear_all(listener.events()[::order])
    organization = payer(session)
    assert organization.stripe_customer_id == scene.customer.id
    assert organization.stripe_deleted_at is not None
    row = methods(session)[scene.card]
    assert (row.status, row.is_default) == ("detached", False)

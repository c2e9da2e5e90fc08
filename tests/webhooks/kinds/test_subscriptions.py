"""Subscriptions as Stripe's events tell of them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.mirrored import CustomerUnknown
from adminboard.billing.mirror.subscriptions import PriceUnknown, SecondLiveSubscription
from adminboard.billing.models import Subscription
from tests.factories import make_organization, make_plan
from tests.stand_in import Control
from tests.stripe.making import Maker, item_of
from tests.webhooks.kinds.conftest import Listener, Scene


def row_of(session: Session, stripe_id: str) -> Subscription:
    session.expire_all()
    return session.scalars(select(Subscription).where(Subscription.stripe_subscription_id == stripe_id)).one()


def test_a_new_subscription_is_added(session: Session, scene: Scene, listener: Listener) -> None:
    made = scene.subscribe(seats=4)
    told = listener.hear_last("customer.subscription.created")
    row = row_of(session, made.id)
    assert (row.organization_id, row.plan_id, row.status, row.quantity) == (
        scene.organization.id,
        scene.plan.id,
        "active",
        4,
    )
    assert row.stripe_item_id == item_of(made).id
    assert (told.status, told.quantity, told.before) == ("active", 4, {})


def test_a_changed_quantity_is_taken_over(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    made = scene.subscribe(seats=4)
    listener.hear_last("customer.subscription.created")
    control("clock", days=1)
    scene.change(made, items=[{"id": item_of(made).id, "quantity": 7}])
    told = listener.hear_last("customer.subscription.updated")
    assert row_of(session, made.id).quantity == 7
    assert (told.previous_quantity, told.quantity) == (4, 7)
    assert told.before["quantity"] == 4


def test_an_ended_one_is_canceled(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    made = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    control("clock", days=1)
    scene.client.v1.subscriptions.cancel(made.id)
    told = listener.hear_last("customer.subscription.deleted")
    row = row_of(session, made.id)
    assert row.status == "canceled"
    assert row.canceled_at is not None
    assert (told.previous_status, told.status) == ("active", "canceled")


def test_a_trial_that_ends_soon_changes_nothing_else(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    made = scene.subscribe(trial_days=14)
    listener.hear_last("customer.subscription.created")
    control("clock", days=12)
    told = listener.hear_last("customer.subscription.trial_will_end")
    assert told.before == told.after == {}
    assert row_of(session, made.id).status == "trialing"


@pytest.mark.parametrize("order", ["as it happened", "backwards"])
def test_what_happened_in_one_second_ends_as_stripe_has_it(
    session: Session, scene: Scene, listener: Listener, order: str
) -> None:
    made = scene.subscribe(seats=4)
    for seats in (5, 9, 6):
        scene.change(made, items=[{"id": item_of(made).id, "quantity": seats}])
    events = listener.events("customer.subscription.created", "customer.subscription.updated")
    listener.hear_all(events if order == "as it happened" else events[::-1])
    assert row_of(session, made.id).quantity == 6


def test_an_older_state_changes_nothing(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    made = scene.subscribe(seats=4)
    control("clock", days=1)
    scene.change(made, items=[{"id": item_of(made).id, "quantity": 7}])
    updated = listener.hear_last("customer.subscription.updated")
    created = listener.hear_last("customer.subscription.created")
    assert updated.after["quantity"] == 7
    assert created.after == {}
    assert row_of(session, made.id).quantity == 7


def test_without_its_customer_or_its_plan_nothing_is_written(
    session: Session, make: Maker, listener: Listener
) -> None:
    price, customer = make.price(), make.customer()
    make.subscription(customer, price)
    with pytest.raises(CustomerUnknown, match=customer.id):
        listener.hear_last("customer.subscription.created")
    make_organization(session, stripe_customer_id=customer.id)
    with pytest.raises(PriceUnknown, match=price.id):
        listener.hear_last("customer.subscription.created")
    make_plan(session, stripe_price_id=price.id)
    assert listener.hear_last("customer.subscription.created").after["quantity"] == 3


def test_the_end_holds_whatever_was_sold_last(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    """Its price makes no plan here: what the row says of plan and seats stays, but it has ended."""
    made = scene.subscribe(seats=4)
    listener.hear_last("customer.subscription.created")
    before = row_of(session, made.id)
    item_id, period_end = before.stripe_item_id, before.current_period_end
    control("clock", days=1)
    other = scene.make.price(cents=9900)
    scene.change(made, items=[{"id": item_of(made).id, "price": other.id, "quantity": 6}])
    with pytest.raises(PriceUnknown, match=other.id):
        listener.hear_last("customer.subscription.updated")
    control("clock", days=1)
    scene.client.v1.subscriptions.cancel(made.id)

    told = listener.hear_last("customer.subscription.deleted")

    row = row_of(session, made.id)
    assert (row.status, row.canceled_at is not None) == ("canceled", True)
    assert (row.plan_id, row.quantity) == (scene.plan.id, 4)
    assert (row.stripe_item_id, row.current_period_end) == (item_id, period_end)
    assert (told.previous_status, told.status) == ("active", "canceled")
    following = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    assert row_of(session, following.id).status == "active"


def test_a_second_live_subscription_is_refused_until_the_first_has_ended(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    first = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    second = scene.subscribe()
    with pytest.raises(SecondLiveSubscription, match=first.id):
        listener.hear_last("customer.subscription.created")
    control("clock", days=1)
    scene.client.v1.subscriptions.cancel(first.id)
    listener.hear_last("customer.subscription.deleted")
    listener.hear_last("customer.subscription.created")
    assert row_of(session, first.id).status == "canceled"
    assert row_of(session, second.id).status == "active"


def test_one_paused_as_a_whole_and_resumed(
    session: Session, scene: Scene, listener: Listener, control: Control
) -> None:
    made = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    scene.pause_whole(made)
    listener.hear_last("customer.subscription.paused")
    assert row_of(session, made.id).status == "paused"
    control("clock", days=2)
    scene.client.v1.subscriptions.resume(made.id)
    listener.hear_last("customer.subscription.resumed")
    assert row_of(session, made.id).status == "active"


def test_an_unknown_status_counts_as_unpaid(session: Session, scene: Scene, listener: Listener) -> None:
    made = scene.subscribe()
    scene.record(made.id).status = "on_holiday"
    scene.standin.account.tell("customer.subscription.updated", scene.record(made.id))
    told = listener.hear_last("customer.subscription.updated")
    assert row_of(session, made.id).status == "unpaid"
    assert told.status == "on_holiday"


def test_what_is_given_is_shown_of_the_period(session: Session, scene: Scene, listener: Listener) -> None:
    made = scene.subscribe()
    listener.hear_last("customer.subscription.created")
    row = row_of(session, made.id)
    assert row.current_period_start is not None
    assert row.current_period_end is not None
    assert row.current_period_end - row.current_period_start >= timedelta(days=28)

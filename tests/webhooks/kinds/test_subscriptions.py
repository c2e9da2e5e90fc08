"""Subscriptions as Stripe's events tell of them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Subscription
from tests.factories import make_organization, make_plan
from tests.stripe.making import Maker
from tests.webhooks.kinds.conftest import Listener


def test_a_new_subscription_is_added(session: Session, make: Maker, listener: Listener) -> None:
    price, customer = make.price(), make.customer()
    plan = make_plan(session, stripe_price_id=price.id)
    payer = make_organization(session, stripe_customer_id=customer.id)
    made = make.subscription(customer, price, seats=4)
    (event,) = listener.events("customer.subscription.created")
    listener.hear(event)
    row = session.scalars(select(Subscription)).one()
    assert (row.organization_id, row.plan_id, row.stripe_subscription_id) == (payer.id, plan.id, made.id)
    assert (row.status, row.quantity) == ("active", 4)

"""Every type of event there is, as the stand-in makes it: which tables it changes, and no other. One that was
made for an older version of Stripe's API changes the same ones, by fetching its object."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.models import Plan
from adminboard.stripe.fake import records
from adminboard.stripe.objects import Event
from adminboard.webhooks.kinds.registry import KINDS
from tests.factories import make_plan
from tests.stand_in import Control
from tests.stripe.making import item_of
from tests.webhooks.kinds.conftest import Listener, Scene
from tests.webhooks.kinds.final_rows import final_rows

CHANGES: dict[str, set[str]] = {
    "charge.refunded": {"refunds", "invoices"},
    "customer.deleted": {"organizations", "payment_methods"},
    "customer.subscription.created": {"subscriptions"},
    "customer.subscription.deleted": {"subscriptions"},
    "customer.subscription.paused": {"subscriptions"},
    "customer.subscription.resumed": {"subscriptions"},
    "customer.subscription.trial_will_end": set(),
    "customer.subscription.updated": {"subscriptions"},
    "customer.updated": {"organizations", "payment_methods"},
    "invoice.finalized": {"invoices"},
    "invoice.marked_uncollectible": {"invoices"},
    "invoice.paid": {"invoices"},
    "invoice.payment_action_required": {"invoices"},
    "invoice.payment_failed": {"invoices", "grace_periods"},
    "invoice.voided": {"invoices"},
    "payment_method.attached": {"payment_methods"},
    "payment_method.detached": {"payment_methods"},
    "payment_method.updated": {"payment_methods"},
    "price.created": {"plans"},
    "price.deleted": {"plans"},
    "price.updated": {"plans"},
    "product.created": {"plans"},
    "product.deleted": {"plans"},
    "product.updated": {"plans"},
    "promotion_code.created": {"promotion_codes"},
    "promotion_code.updated": set(),
    "refund.failed": {"refunds", "invoices"},
    "refund.updated": {"refunds", "invoices"},
}
"""What the events of each type change."""
SAID_ALREADY = {
    1: {
        "customer.subscription.resumed",
        "invoice.paid",
        "invoice.payment_action_required",
        "price.created",
        "refund.updated",
    },
    -1: {"invoice.finalized", "product.created", "refund.failed"},
}
"""What another event of the same moment may have changed before, by the order they are heard in."""


def subscribe_and_leave(scene: Scene) -> Iterator[None]:
    made = scene.subscribe(trial_days=6)
    yield from (None,) * 4
    scene.pause_whole(made)
    yield
    scene.client.v1.subscriptions.resume(made.id)
    yield
    scene.client.v1.subscriptions.cancel(made.id)
    yield


def pay_and_not_pay(scene: Scene, control: Control) -> Iterator[None]:
    made, stripe = scene.subscribe(), scene.client.v1
    yield
    scene.change(made, items=[{"id": item_of(made).id, "quantity": 5}])
    yield
    refund = stripe.refunds.create({"payment_intent": scene.make.payment_of(made), "amount": 1200})
    yield
    control("fail_refund", refund=refund.id)
    yield
    control("decline", payment_method=scene.card, decline_code="authentication_required")
    for give_up in (stripe.invoices.void_invoice, stripe.invoices.mark_uncollectible):
        control("renew", subscription=made.id)
        yield
        give_up(str(stripe.subscriptions.retrieve(made.id).latest_invoice))
        yield


def pay_with_something_else(scene: Scene) -> Iterator[None]:
    stripe, customer = scene.client.v1, scene.customer.id
    better = stripe.payment_methods.attach("pm_card_mastercard", {"customer": customer})
    yield
    stripe.customers.update(customer, {"invoice_settings": {"default_payment_method": better.id}})
    yield
    stripe.payment_methods.update(better.id, {"card": {"exp_month": 3, "exp_year": 2037}})
    yield
    stripe.payment_methods.detach(scene.card)
    yield
    stripe.customers.delete(customer)
    yield


def sell_something_else(scene: Scene, session: Session) -> Iterator[None]:
    stripe, account, product = scene.client.v1, scene.standin.account, str(scene.price.product)
    make_plan(session, slug="gone", stripe_price_id="price_gone", stripe_product_id=product)
    make_plan(session, slug="lost", stripe_price_id="price_lost", stripe_product_id="prod_lost")
    gone = records.Price(id="price_gone", created=1, product=product, unit_amount=100, currency="usd")
    account.tell("price.deleted", gone)
    account.tell("product.deleted", records.Product(id="prod_lost", created=1, name="Lost"))
    yield
    stripe.products.update(product, {"name": "Growth by another name"})
    yield
    stripe.prices.update(scene.price.id, {"active": False})
    yield
    coupon = stripe.coupons.create({"percent_off": 20, "duration": "once"}).id
    code = stripe.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon}, "code": "SPRING"}
    )
    yield
    stripe.promotion_codes.update(code.id, {"active": False})
    yield


def see(session: Session) -> dict[str, Any]:
    rows: dict[str, Any] = dict(final_rows(session))
    plans = session.scalars(select(Plan).order_by(Plan.slug))
    return rows | {"plans": [(plan.slug, plan.name, plan.is_active, plan.amount_cents) for plan in plans]}


def as_sent(event: Event) -> Event:
    return event


def of_an_older_version(event: Event) -> Event:
    """All that surely is in it: which object it is about."""
    changed = event.payload["data"]["object"]
    named = {name: changed.get(name) for name in ("id", "object", "customer", "product")}
    data = event.payload["data"] | {"object": named}
    return replace(event, payload=event.payload | {"api_version": "2020-08-27", "data": data})


@pytest.mark.parametrize("order", [1, -1], ids=["as it happened", "backwards"])
@pytest.mark.parametrize("sent", [as_sent, of_an_older_version])
def test_each_type_changes_the_rows_it_should_and_no_other(
    session: Session,
    scene: Scene,
    control: Control,
    listener: Listener,
    sent: Callable[[Event], Event],
    order: int,
) -> None:
    changed: dict[str, set[str]] = {}
    heard = set[str]()
    for _ in chain(
        subscribe_and_leave(scene),
        pay_and_not_pay(scene, control),
        sell_something_else(scene, session),
        pay_with_something_else(scene),
    ):
        before = see(session)
        for event in listener.events()[::order]:
            if event.type in KINDS and event.id not in heard:
                heard.add(event.id)
                listener.hear(sent(event), fetched=sent is of_an_older_version)
                after = see(session)
                changed.setdefault(event.type, set()).update(
                    name for name in after if after[name] != before[name]
                )
                before = after
        control("clock", days=1)
    assert changed.keys() == KINDS.keys() == CHANGES.keys()
    idle = {name for name, tables in changed.items() if not tables} & SAID_ALREADY[order]
    expected = CHANGES | {name: set[str]() for name in idle}
    if order == 1:
        # The invoices came before their subscription, and are linked now.
        expected["customer.subscription.created"] = {"subscriptions", "invoices"}
    assert changed == expected

"""The demonstration's Stripe, filled from its database: the same customers, subscriptions and money."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from adminboard.billing.models import Invoice, PaymentMethod, Plan, Refund, Subscription
from adminboard.core.clock import MovableClock
from adminboard.customers.models import Organization
from adminboard.demo.stand_in.filling import fill_stand_in
from adminboard.demo.stand_in.serving import running_stand_in
from adminboard.promotions.models import PromotionCode
from adminboard.reconciliation.models import Discrepancy
from adminboard.stripe.fake.answers import Answer, Asked
from adminboard.stripe.fake.billing.passing_time import pass_time
from adminboard.stripe.fake.collection import Collection
from adminboard.stripe.fake.records import Customer
from adminboard.stripe.fake.shapes import shape
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import StripeGateway
from tests.demo.plans import AS_OF
from tests.stripe.sdk_contract import find_faults

DAY = 86_400


@pytest.fixture
def standin(filled: Session) -> StandIn:
    standin = StandIn(MovableClock(AS_OF))
    fill_stand_in(filled, standin.account)
    return standin


def ask(standin: StandIn, path: str, query: str = "", *, body: str | None = None) -> Answer:
    headers = {"authorization": "Bearer sk_test_of_the_tests"}
    method = "GET" if body is None else "POST"
    return standin.answer(Asked(method, path, query, body or "", headers))


def test_everything_with_an_id_of_stripes_is_there(filled: Session, standin: StandIn) -> None:
    account = standin.account
    expected: dict[Collection[Any], InstrumentedAttribute[Any]] = {
        account.customers: Organization.stripe_customer_id,
        account.invoices: Invoice.stripe_invoice_id,
        account.payment_methods: PaymentMethod.stripe_payment_method_id,
        account.prices: Plan.stripe_price_id,
        account.products: Plan.stripe_product_id,
        account.promotion_codes: PromotionCode.stripe_promotion_id,
        account.refunds: Refund.stripe_refund_id,
        account.subscriptions: Subscription.stripe_subscription_id,
    }
    for collection, column in expected.items():
        wanted = set(filled.scalars(select(column).where(column.is_not(None))))
        assert wanted
        assert {record.id for record in collection} == wanted, column


def test_it_has_the_shapes_of_the_sdk(standin: StandIn) -> None:
    faults = {
        fault
        for record in chain.from_iterable(standin.account.collections)
        for fault in find_faults(record.KIND, json.loads(json.dumps(shape(record, standin.account))))
    }
    assert faults == set()


def test_subscriptions_say_what_the_database_says_or_what_the_last_comparison_found(
    filled: Session, standin: StandIn
) -> None:
    differing = {
        (found.stripe_subscription_id, found.kind.value): found.stripe_value
        for found in filled.scalars(select(Discrepancy))
    }
    assert differing
    for row in filled.scalars(select(Subscription)):
        found = standin.account.subscriptions.find(row.stripe_subscription_id or "")
        assert found is not None
        [item] = found.items
        assert item.id == row.stripe_item_id
        told_here = {"status": row.status, "quantity": row.quantity}
        told_here |= {"cancel_at_period_end": row.cancel_at_period_end}
        told_there = {"status": found.status, "quantity": item.quantity}
        told_there |= {"cancel_at_period_end": found.cancel_at_period_end}
        for kind, value in told_here.items():
            assert told_there[kind] == differing.get((found.id, kind), value)
        pause = found.pause_collection or {"behavior": None, "resumes_at": None}
        ends = row.pause_resumes_at
        assert pause == {"behavior": row.pause_behavior, "resumes_at": ends and ends.timestamp()}
        told = (item.current_period_start, item.current_period_end, found.trial_end, found.canceled_at)
        shown = (row.current_period_start, row.current_period_end, row.trial_end, row.canceled_at)
        assert told == tuple(moment and moment.timestamp() for moment in shown), "to the second, like Stripe"


def test_what_is_left_to_refund_is_what_the_database_says(filled: Session, standin: StandIn) -> None:
    account = standin.account
    paid = filled.scalars(select(Invoice).where(Invoice.amount_paid_cents > 0)).all()
    for row in paid:
        [payment] = account.invoice_payments.of("invoice", row.stripe_invoice_id)
        [charge] = account.charges.of("payment_intent", payment.payment_intent)
        assert (payment.amount_paid, charge.amount_captured) == (row.amount_paid_cents,) * 2
        assert charge.amount_refunded == row.amount_refunded_cents
    assert filled.scalar(select(func.count(Refund.id)))


def test_it_can_be_worked_with(standin: StandIn) -> None:
    active = next(item for item in standin.account.subscriptions if item.status == "active")
    before = len(standin.account.invoices)

    listed = ask(standin, "/v1/subscriptions", "status=all&limit=100&expand[]=data.customer")
    changed = ask(
        standin,
        f"/v1/subscriptions/{active.id}",
        body=f"items[0][id]={active.items[0].id}&items[0][quantity]=7",
    )
    happened = pass_time(standin.account, standin.account.clock.now() + 32 * DAY)

    assert listed.body["data"][0]["customer"]["object"] == "customer"
    assert changed.body["items"]["data"][0]["quantity"] == 7
    assert happened > 0
    assert len(standin.account.invoices) > before


def test_the_board_reaches_it_with_secrets_that_are_kept_between_starts(tmp_path: Path) -> None:
    accesses = []
    for _ in range(2):
        with running_stand_in(tmp_path) as running:
            running.standin.account.add(Customer(id="cus_1", name="Blue Door Dental"))
            assert StripeGateway(running.access).customers.get("cus_1").name == "Blue Door Dental"
            accesses.append((running.access.api_key, running.access.webhook_secret))
    assert accesses[0] == accesses[1]


def test_what_happens_in_it_is_told_to_the_board_from_then_on(tmp_path: Path) -> None:
    with running_stand_in(tmp_path) as running:
        webhooks = running.standin.webhooks
        ask(running.standin, "/v1/products", body="name=Before")
        running.tell("http://127.0.0.1:9")
        assert [endpoint.url for endpoint in webhooks.endpoints] == ["http://127.0.0.1:9/webhooks/stripe"]
        assert webhooks.endpoints[0].secret == running.access.webhook_secret.get_secret_value()
        assert webhooks.waiting == []

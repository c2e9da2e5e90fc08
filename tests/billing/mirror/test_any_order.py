"""Whatever the order in which states are heard of, the rows end as Stripe is in the end."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminboard.billing.mirror.customers import mirror_customer
from adminboard.billing.mirror.invoices import mirror_invoice
from adminboard.billing.mirror.payment_methods import mirror_payment_method
from adminboard.billing.mirror.refunds import Origin, mirror_refund
from adminboard.billing.mirror.subscriptions import mirror_subscription
from adminboard.billing.models import Invoice, PaymentMethod, Refund, Subscription
from adminboard.customers.models import Organization
from adminboard.stripe import objects
from tests.billing.mirror.conftest import Mirror, Mirroring, State, taken_back
from tests.factories import START, make_organization, make_plan

IN_ANY_ORDER = settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
MONTH = timedelta(days=30)
ITEM = objects.SubscriptionItem("si_1", "price_1", "prod_1", 3, START, START + MONTH)
SUBSCRIPTION = objects.Subscription(
    id="sub_1", customer_id="cus_1", customer=None, status="active", currency="usd", items=(ITEM,),
    created_at=START, trial_end=None, cancel_at_period_end=False, cancel_at=None, canceled_at=None,
    ended_at=None, pause=None, latest_invoice_id=None,
)  # fmt: skip
INVOICE = objects.Invoice(
    id="in_1", number="A-1", customer_id="cus_1", subscription_id="sub_1", status="open", currency="usd",
    total_cents=900, amount_due_cents=900, amount_paid_cents=0, attempt_count=0, next_attempt_at=None,
    created_at=START, due_at=None, finalized_at=START, paid_at=None, period_start=START,
    period_end=START + MONTH, hosted_url=None, pdf_url=None, lines=(),
)  # fmt: skip
PAID = replace(INVOICE, status="paid", amount_paid_cents=900, paid_at=START)
METHOD = objects.PaymentMethod("pm_1", "cus_1", "card", "visa", "4242", 12, 2030, START)
CUSTOMER = objects.Customer("cus_1", "a@b.test", "A", None, is_delinquent=False, is_deleted=False)
REFUND = objects.Refund("re_1", 100, "usd", "pending", None, None, "ch_1", "pi_1", START)


@pytest.fixture(autouse=True)
def customer(session: Session) -> Organization:
    make_plan(session, stripe_price_id="price_1")
    return make_organization(session, stripe_customer_id="cus_1")


def histories(objects_: list[Any]) -> Any:
    """Some of these, one after the other, several in one second; heard of twice and in any order."""
    return st.lists(st.tuples(st.integers(0, 2), st.sampled_from(objects_)), min_size=1, max_size=5).flatmap(
        lambda history: st.permutations([State(second, item) for second, item in _in_order(history)] * 2)
    )


def _in_order(history: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return sorted(history, key=lambda item: item[0])


def truth_of(heard: list[State], objects_: list[Any]) -> Any:
    """What is true in the end: of what happened in the last second, the one that comes last in the list."""
    last = max(state.second for state in heard)
    return max((state.found for state in heard if state.second == last), key=objects_.index)


SUBSCRIPTIONS = [
    replace(SUBSCRIPTION, status="trialing"),
    SUBSCRIPTION,
    replace(SUBSCRIPTION, items=(replace(ITEM, quantity=9),)),
    replace(SUBSCRIPTION, cancel_at_period_end=True),
    replace(SUBSCRIPTION, status="canceled", canceled_at=START),
]


@IN_ANY_ORDER
@given(heard=histories(SUBSCRIPTIONS))
def test_a_subscription(mirroring: Mirroring, heard: list[State]) -> None:
    truth = truth_of(heard, SUBSCRIPTIONS)
    with taken_back(mirroring.connection) as seen:
        mirroring.write_all(mirror_subscription, heard, truth)
        row = seen.scalars(select(Subscription)).one()
        assert (row.status, row.quantity) == (truth.status, truth.items[0].quantity)
        assert (row.cancel_at_period_end, row.canceled_at) == (truth.cancel_at_period_end, truth.canceled_at)


INVOICES = [INVOICE, replace(INVOICE, amount_due_cents=800), replace(INVOICE, status="uncollectible"), PAID]


@IN_ANY_ORDER
@given(heard=histories(INVOICES))
def test_an_invoice(mirroring: Mirroring, heard: list[State]) -> None:
    truth = truth_of(heard, INVOICES)
    with taken_back(mirroring.connection) as seen:
        mirroring.write_all(mirror_invoice, heard, truth)
        row = seen.scalars(select(Invoice)).one()
        assert (row.status, row.amount_due_cents, row.amount_paid_cents, row.paid_at) == (
            truth.status,
            truth.amount_due_cents,
            truth.amount_paid_cents,
            truth.paid_at,
        )


REFUNDS = [REFUND, replace(REFUND, status="succeeded"), replace(REFUND, status="failed")]


@IN_ANY_ORDER
@given(heard=histories(REFUNDS))
def test_a_refund_and_what_its_invoice_says(mirroring: Mirroring, heard: list[State]) -> None:
    truth = truth_of(heard, REFUNDS)
    with taken_back(mirroring.connection) as seen:
        mirroring.write(mirror_invoice, State(0, PAID), PAID)
        mirroring.write_all(mirror_refund, heard, truth, origin=Origin("cus_1", "in_1"))
        assert seen.scalars(select(Refund)).one().status == truth.status
        given_back = 0 if truth.status == "failed" else 100
        assert seen.scalars(select(Invoice)).one().amount_refunded_cents == given_back


METHODS = [METHOD, replace(METHOD, exp_year=2035), replace(METHOD, customer_id=None)]
CUSTOMERS = [
    CUSTOMER,
    replace(CUSTOMER, default_payment_method_id="pm_1", email="new@b.test"),
    replace(CUSTOMER, is_deleted=True, email=None),
]


@IN_ANY_ORDER
@given(methods=histories(METHODS), customers=histories(CUSTOMERS), chance=st.randoms(use_true_random=False))
def test_a_payment_method_and_its_customer(
    mirroring: Mirroring, methods: list[State], customers: list[State], chance: Any
) -> None:
    method, customer = truth_of(methods, METHODS), truth_of(customers, CUSTOMERS)
    heard: list[tuple[Mirror, State, Any, dict[str, str]]] = [
        *((mirror_payment_method, state, method, {"customer_id": "cus_1"}) for state in methods),
        *((mirror_customer, state, customer, {}) for state in customers),
    ]
    chance.shuffle(heard)
    with taken_back(mirroring.connection) as seen:
        for mirror, state, truth, options in heard:
            mirroring.write(mirror, state, truth, **options)
        row, payer = seen.scalars(select(PaymentMethod)).one(), seen.scalars(select(Organization)).one()
        was_deleted = payer.stripe_deleted_at is not None
        assert was_deleted == customer.is_deleted
        assert payer.billing_email == customer.email
        is_usable = method.customer_id is not None and not was_deleted
        if not any(state.found.is_deleted for state in customers):
            assert row.status == ("active" if is_usable else "detached")
            assert row.is_default == (is_usable and customer.default_payment_method_id == "pm_1")
        assert row.exp_year == method.exp_year

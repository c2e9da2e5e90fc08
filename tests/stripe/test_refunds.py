"""Refunds through the gateway: of what was paid, never more, and once for each key."""

from collections.abc import Sequence
from typing import Any

import pytest
from stripe import StripeClient

from adminboard.stripe.errors import KeyReused, NotInStripe, Refused
from adminboard.stripe.fake.records import InvoicePayment
from adminboard.stripe.fake.standin import StandIn
from adminboard.stripe.gateway import StripeGateway
from adminboard.stripe.gateway.refunds import NotRefundable
from adminboard.stripe.objects import Payment, PaymentKind
from tests.stand_in import Control
from tests.stripe.making import Maker


@pytest.fixture
def invoice_id(make: Maker) -> str:
    """Of 3 seats at 79.00, paid."""
    invoice = make.subscription(seats=3).latest_invoice
    assert isinstance(invoice, str)
    return invoice


@pytest.fixture
def payment(gateway: StripeGateway, invoice_id: str) -> Payment:
    [payment] = gateway.invoices.list_payments(invoice_id)
    return payment


def amounts(gateway: StripeGateway, payment: Payment) -> Sequence[int]:
    return [refund.amount_cents for refund in gateway.refunds.list_of_payment(payment)]


def test_what_paid_an_invoice_can_be_refunded_in_parts_up_to_all_of_it(
    gateway: StripeGateway, invoice_id: str, payment: Payment
) -> None:
    assert (payment.kind, payment.paid_cents) == (PaymentKind.PAYMENT_INTENT, 23_700)

    part = gateway.refunds.create(payment, 5_000, key="part", reason="requested_by_customer")
    [after_part] = gateway.invoices.list_payments(invoice_id)
    gateway.refunds.create(payment, 18_700, key="rest", reason="duplicate")
    [after_all] = gateway.invoices.list_payments(invoice_id)

    assert (part.status, part.amount_cents, part.reason) == ("succeeded", 5_000, "requested_by_customer")
    assert part.payment_intent_id == payment.id
    assert (after_part.refunded_cents, after_part.refundable_cents) == (5_000, 18_700)
    assert (after_all.refunded_cents, after_all.refundable_cents) == (23_700, 0)
    assert amounts(gateway, payment) == [18_700, 5_000]
    assert gateway.refunds.get(part.id) == part


def test_more_than_is_left_is_refused_and_changes_nothing(gateway: StripeGateway, payment: Payment) -> None:
    gateway.refunds.create(payment, 20_000, key="most")

    with pytest.raises(Refused, match=r"\$37.01\) is greater than unrefunded amount on charge \(\$37.00\)"):
        gateway.refunds.create(payment, 3_701, key="too much")
    with pytest.raises(KeyReused):
        gateway.refunds.create(payment, 3_700, key="too much")
    gateway.refunds.create(payment, 3_700, key="just enough")
    with pytest.raises(Refused) as refused:
        gateway.refunds.create(payment, 1, key="again")

    assert refused.value.stripe_code == "charge_already_refunded"
    assert amounts(gateway, payment) == [3_700, 20_000]


def test_the_same_key_refunds_once_and_tells_what_it_told_before(
    gateway: StripeGateway, payment: Payment
) -> None:
    first = gateway.refunds.create(payment, 5_000, key="ticket-4711")
    again = gateway.refunds.create(payment, 5_000, key="ticket-4711")

    assert again == first
    assert gateway.refunds.find_by_key(payment, "ticket-4711") == first
    assert gateway.refunds.find_by_key(payment, "ticket-4712") is None
    with pytest.raises(KeyReused, match="same parameters they were first used with"):
        gateway.refunds.create(payment, 6_000, key="ticket-4711")
    assert amounts(gateway, payment) == [5_000]


def test_a_key_is_forgotten_after_a_day_but_its_refund_is_found(
    standin: StandIn, control: Control, gateway: StripeGateway, payment: Payment
) -> None:
    first = gateway.refunds.create(payment, 5_000, key="ticket-4711")
    control("clock", days=1.1)

    assert gateway.refunds.create(payment, 5_000, key="ticket-4711") != first
    assert amounts(gateway, payment) == [5_000, 5_000]
    assert gateway.refunds.find_by_key(payment, "ticket-4711") is not None


def test_a_refund_that_the_bank_returns_leaves_the_money_to_refund(
    standin: StandIn, control: Control, gateway: StripeGateway, invoice_id: str, payment: Payment
) -> None:
    made = gateway.refunds.create(payment, 5_000, key="returned")

    control("fail_refund", refund=made.id)

    failed = gateway.refunds.get(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert gateway.invoices.list_payments(invoice_id)[0].refundable_cents == 23_700
    assert [event.type for event in gateway.events.list_page(limit=2).items] == [
        "refund.updated",
        "refund.failed",
    ]


def test_a_disputed_charge_and_a_payment_from_outside_cannot_be_refunded(
    standin: StandIn,
    control: Control,
    client: StripeClient,
    gateway: StripeGateway,
    invoice_id: str,
    payment: Payment,
) -> None:
    [charge] = standin.account.charges.of("payment_intent", payment.id)
    control("dispute", charge=charge.id)
    standin.account.add(
        InvoicePayment(
            invoice=invoice_id,
            currency="usd",
            amount_requested=900,
            amount_paid=900,
            status="paid",
            payment_record="pr_by_check",
        )
    )

    outside, disputed = gateway.invoices.list_payments(invoice_id)

    assert (outside.kind, outside.paid_cents, outside.refundable_cents) == (
        PaymentKind.PAYMENT_RECORD,
        900,
        0,
    )
    assert (disputed.is_disputed, disputed.refundable_cents) == (True, 0)
    with pytest.raises(Refused, match="charged back"):
        gateway.refunds.create(disputed, 100, key="disputed")
    with pytest.raises(NotRefundable):
        gateway.refunds.create(outside, 100, key="outside")
    assert gateway.refunds.list_of_payment(outside) == ()


@pytest.mark.parametrize(
    ("inquiry", "ends", "left"),
    [
        (False, None, 0),
        (False, {"won": False}, 0),
        (False, {"won": True}, 23_700),
        (True, None, 23_700),
        (True, {}, 23_700),
    ],
    ids=["undecided", "lost", "won", "inquiry", "closed inquiry"],
)
def test_only_a_dispute_that_can_cost_the_money_forbids_a_refund(
    inquiry: bool,
    ends: dict[str, Any] | None,
    left: int,
    standin: StandIn,
    control: Control,
    gateway: StripeGateway,
    invoice_id: str,
    payment: Payment,
) -> None:
    [charge] = standin.account.charges.of("payment_intent", payment.id)
    dispute = control("dispute", charge=charge.id, inquiry=inquiry)["dispute"]
    if ends is not None:
        control("close_dispute", dispute=dispute, **ends)

    [found] = gateway.invoices.list_payments(invoice_id)

    assert (found.is_disputed, found.refundable_cents) == (left == 0, left)
    if left:
        assert gateway.refunds.create(found, 100, key="after all").amount_cents == 100


def test_a_refund_that_nobody_made_is_not_there(gateway: StripeGateway) -> None:
    with pytest.raises(NotInStripe):
        gateway.refunds.get("re_of_nobody")

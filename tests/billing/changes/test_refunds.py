"""Refunds as staff make them: what is given back, what is refused with a sentence, and who may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.mirror.refunds import mirror_refund
from adminboard.billing.models import Invoice, InvoiceStatus, Refund
from adminboard.billing.refund_rules import count_on_the_way
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import OperationStatus
from adminboard.core.permissions import Permission, Role
from adminboard.stripe.fake.records import InvoicePayment
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.jobs import apply_due_events
from tests.billing.sold import Sold, maker_of, operations_on, sell
from tests.clients import BoardUnderTest, Program
from tests.factories import make_invoice
from tests.stand_in import Control
from tests.webhooks.telling import list_sent, send_all

BODY = {"amount_cents": 5_000, "currency": "usd", "reason": "duplicate", "note": "Cancelled within the trial"}


@pytest.fixture
def sold(standin: StandIn, board: BoardUnderTest) -> Sold:
    """3 seats at 79.00."""
    return sell(board)


def ask(program: Program, path: str, *, key: str | None = None, **fields: Any) -> Any:
    return program.post(path, json=BODY | fields, headers={"Idempotency-Key": key or uuid4().hex})


def refund(board: BoardUnderTest, sold: Sold, **fields: Any) -> Any:
    """By somebody of billing who has refunded nothing before."""
    return ask(board.program(role=Role.BILLING), sold.refunds, **fields)


def given_back(standin: StandIn) -> list[int]:
    return [refund.amount for refund in standin.account.refunds]


def look_at(board: BoardUnderTest, sold: Sold) -> tuple[int, list[int], int]:
    """What the invoice says was refunded, its refunds, and the billing events about them."""
    with board.runtime.reading() as session:
        amounts = select(Refund.amount_cents).where(Refund.invoice_id == sold.invoice_id)
        events = select(BillingEvent.id).where(
            BillingEvent.stripe_invoice_id == sold.stripe_invoice_id,
            BillingEvent.event_type == "billing.refund",
        )
        return (
            session.get_one(Invoice, sold.invoice_id).amount_refunded_cents,
            sorted(session.scalars(amounts)),
            len(session.scalars(events).all()),
        )


def test_a_part_is_refunded_and_accounted_for(board: BoardUnderTest, standin: StandIn, sold: Sold) -> None:
    answer = refund(board, sold, reason="duplicate")

    assert answer.status_code == 201, answer.text
    result = answer.json()["result"]
    assert (result["amount_cents"], result["amount_refunded_cents"]) == (5_000, 5_000)
    assert answer.json()["undo"] is None
    [made] = standin.account.refunds
    assert (made.amount, made.reason, made.id) == (
        5_000,
        "duplicate",
        result["refunds"][0]["stripe_refund_id"],
    )
    assert look_at(board, sold) == (5_000, [5_000], 1)
    with board.runtime.reading() as session:
        row = session.scalars(select(Refund).where(Refund.invoice_id == sold.invoice_id)).one()
        actions = select(AuditEntry.action).where(AuditEntry.target_id == str(sold.invoice_id))
        assert row.requested_by.startswith("key ")
        assert sorted(session.scalars(actions)) == ["billing.refund", "stripe.refund.done"]


def test_parts_add_up_to_all_of_it_and_not_a_cent_more(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    assert refund(board, sold).status_code == 201
    too_much = refund(board, sold, amount_cents=18_701)
    rest = refund(board, sold, amount_cents=18_700)
    again = refund(board, sold, amount_cents=1)

    assert (too_much.status_code, too_much.json()["code"]) == (409, "more_than_left")
    assert "Only $187.00 of $237.00" in too_much.json()["detail"]
    assert rest.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_refund")
    assert "refunded already" in again.json()["detail"]
    assert sorted(given_back(standin)) == [5_000, 18_700]
    assert look_at(board, sold) == (23_700, [5_000, 18_700], 2)


def test_twice_is_once(board: BoardUnderTest, standin: StandIn, sold: Sold) -> None:
    program = board.program(role=Role.BILLING)

    first = ask(program, sold.refunds, key="once")
    again = ask(program, sold.refunds, key="once")
    other = ask(program, sold.refunds, key="once", amount_cents=6_000)

    assert (again.status_code, again.json()["result"]["refunds"]) == (201, first.json()["result"]["refunds"])
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert given_back(standin) == [5_000]


def test_a_key_is_needed(board: BoardUnderTest, standin: StandIn, sold: Sold) -> None:
    answer = board.program(role=Role.BILLING).post(sold.refunds, json=BODY)
    assert (answer.status_code, answer.json()["code"]) == (422, "missing_idempotency_key")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": InvoiceStatus.DRAFT, "amount_paid_cents": 0}, "is a draft"),
        ({"status": InvoiceStatus.VOID, "amount_paid_cents": 0}, "is void"),
        ({"status": InvoiceStatus.OPEN, "amount_paid_cents": 0}, "Nothing was paid on"),
        ({"amount_due_cents": 0, "amount_paid_cents": 0}, "Nothing was paid on"),
        ({"amount_refunded_cents": 4_900}, "has been refunded already"),
    ],
)
def test_what_has_nothing_to_give_is_refused_before_stripe_is_asked(
    board: BoardUnderTest, standin: StandIn, fields: dict[str, Any], sentence: str
) -> None:
    with board.rows() as session:
        invoice = make_invoice(session, **fields)
    path = f"/v1/admin/customers/{invoice.organization_id}/invoices/{invoice.id}/refunds"

    answer = ask(board.program(role=Role.BILLING), path, amount_cents=100)

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_refund")
    assert sentence in answer.json()["detail"]
    assert standin.calls == []
    assert operations_on(board, invoice.id) == []


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"amount_cents": 0}, 422, "amount_cents"),
        ({"amount_cents": -5}, 422, "amount_cents"),
        ({"amount_cents": "50.00"}, 422, "amount_cents"),
        ({"currency": "eur"}, 422, "currency"),
        ({"currency": "zzz"}, 422, "currency"),
        ({"reason": "goodwill"}, 422, "reason"),
        ({"note": "short"}, 422, "note"),
        ({"payments": []}, 422, "payments"),
    ],
)
def test_bad_input_names_its_field(
    board: BoardUnderTest, standin: StandIn, sold: Sold, fields: dict[str, Any], status: int, field: str
) -> None:
    answer = refund(board, sold, **fields)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field), answer.text
    assert given_back(standin) == []


def test_the_invoice_of_another_customer_is_not_there(board: BoardUnderTest, sold: Sold) -> None:
    path = sold.refunds.replace(str(sold.organization_id), str(uuid4()))
    assert ask(board.program(role=Role.BILLING), path).status_code == 404


def test_what_was_paid_outside_stripe_cannot_be_refunded(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    [paid] = standin.account.invoice_payments.of("invoice", sold.stripe_invoice_id)
    paid.payment_intent, paid.payment_record = None, "pr_by_check"

    answer = refund(board, sold)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_paid_through_stripe")
    assert "paid outside Stripe" in answer.json()["detail"]
    assert operations_on(board, sold.invoice_id) == []


def test_what_the_customers_bank_disputes_cannot_be_refunded(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    intent = maker_of(board.runtime).payment_of(sold.stripe)
    [charge] = standin.account.charges.of("payment_intent", intent)
    control("dispute", charge=charge.id)

    answer = refund(board, sold)

    assert (answer.status_code, answer.json()["code"]) == (409, "payment_disputed")


def test_what_was_refunded_in_stripes_dashboard_counts_before_a_webhook_tells(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    make = maker_of(board.runtime)
    make.client.v1.refunds.create({"payment_intent": make.payment_of(sold.stripe), "amount": 20_000})

    answer = refund(board, sold)

    assert (answer.status_code, answer.json()["code"]) == (409, "more_than_left")
    assert "can give back only $37.00" in answer.json()["detail"]


def add_payment(standin: StandIn, sold: Sold, other: Sold) -> None:
    """Lets what paid another invoice have paid this one too."""
    [paid] = standin.account.invoice_payments.of("invoice", other.stripe_invoice_id)
    standin.account.add(
        InvoicePayment(
            invoice=sold.stripe_invoice_id,
            currency="usd",
            amount_requested=paid.amount_requested,
            amount_paid=paid.amount_paid,
            status="paid",
            payment_intent=paid.payment_intent,
        )
    )


def test_several_payments_are_refunded_as_far_as_it_takes(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    other = sell(board, seats=1, cents=4_000)
    add_payment(standin, sold, other)
    with board.rows() as session:
        session.get_one(Invoice, sold.invoice_id).amount_paid_cents = 27_700

    small, both = refund(board, sold, amount_cents=4_000), refund(board, sold, amount_cents=23_700)

    assert (small.status_code, both.status_code) == (201, 201), both.text
    intents = [refund.payment_intent for refund in standin.account.refunds]
    assert len(set(intents)) == 2
    assert sum(given_back(standin)) == 27_700
    assert look_at(board, sold)[0] == 27_700


def test_one_that_takes_two_payments_makes_two_refunds(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    other = sell(board, seats=1, cents=4_000)
    add_payment(standin, sold, other)
    with board.rows() as session:
        session.get_one(Invoice, sold.invoice_id).amount_paid_cents = 27_700

    answer = refund(board, sold, amount_cents=25_000)

    assert answer.status_code == 201, answer.text
    assert sorted(given_back(standin)) == [1_300, 23_700]
    assert look_at(board, sold) == (25_000, [1_300, 23_700], 2)
    assert len(operations_on(board, sold.invoice_id)) == 1


def test_what_stripe_refuses_of_two_is_told_and_the_rest_accounted_for(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    other = sell(board, seats=1, cents=4_000)
    add_payment(standin, sold, other)
    with board.rows() as session:
        session.get_one(Invoice, sold.invoice_id).amount_paid_cents = 27_700
    program = board.program(role=Role.BILLING)
    path, body = sold.refunds, BODY | {"amount_cents": 25_000}
    token = program.post(f"{path}?dry_run=true", json=body).json()["preview"]["token"]
    make = maker_of(board.runtime)
    make.client.v1.refunds.create({"payment_intent": make.payment_of(other.stripe)})

    answer = program.post(path, json=body, headers={"Idempotency-Key": "two", "If-Match": token})

    assert answer.status_code == 201, answer.text
    assert look_at(board, sold) == (23_700, [23_700], 1)
    [operation] = operations_on(board, sold.invoice_id)
    assert operation.status is OperationStatus.DONE
    assert "but not the other $13.00" in (operation.outcome or {})["summary"]


def test_refunds_on_their_way_are_not_promised_again(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    control("fault", kind="timeout", path="/v1/refunds", seconds=5)
    first = refund(board, sold, amount_cents=20_000)
    second = refund(board, sold, amount_cents=3_701)
    third = refund(board, sold, amount_cents=3_700)

    assert (first.status_code, first.json()["operation"]["status"]) == (202, "unknown")
    assert first.headers["Location"] == first.json()["operation"]["href"]
    assert (second.status_code, second.json()["code"]) == (409, "more_than_left")
    assert "A refund of $200.00 is on its way" in second.json()["detail"]
    assert third.status_code == 201


def test_one_that_stripe_tells_of_before_its_outcome_is_known_names_who_asked(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    control("fault", kind="timeout_after", path="/v1/refunds", seconds=5)
    assert refund(board, sold).json()["operation"]["status"] == "unknown"
    with board.rows() as session:
        assert sum(count_on_the_way(session, sold.invoice_id).values()) > 0
    send_all(board, list_sent(standin, "charge.refunded")[-1:])
    apply_due_events(board.runtime)
    with board.rows() as session:
        assert not count_on_the_way(session, sold.invoice_id), "the invoice counts it as refunded by now"

    [operation] = operations_on(board, sold.invoice_id)
    assert operation.status is OperationStatus.UNKNOWN
    with board.runtime.reading() as session:
        row = session.scalars(select(Refund).where(Refund.invoice_id == sold.invoice_id)).one()
    assert (row.status, row.requested_by) == ("succeeded", operation.actor_name)


def test_of_two_at_once_one_finds_what_the_other_left(board: BoardUnderTest, sold: Sold) -> None:
    """Both previews saw all of it; what was confirmed no longer holds for the second."""
    one, other = board.program(role=Role.BILLING), board.program(role=Role.BILLING)
    body = BODY | {"amount_cents": 20_000}
    tokens = [
        program.post(f"{sold.refunds}?dry_run=true", json=body).json()["preview"]["token"]
        for program in (one, other)
    ]
    answers = [
        program.post(sold.refunds, json=body, headers={"Idempotency-Key": "x", "If-Match": token})
        for program, token in zip((one, other), tokens, strict=True)
    ]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert look_at(board, sold) == (20_000, [20_000], 1)


@pytest.mark.parametrize(
    ("role", "cents", "status"),
    [
        (Role.VIEWER, 100, 403),
        (Role.SUPPORT, 10_000, 201),
        (Role.SUPPORT, 10_001, 403),
        (Role.BILLING, 10_001, 201),
    ],
)
def test_who_may_refund_how_much(
    board: BoardUnderTest, standin: StandIn, sold: Sold, role: Role, cents: int, status: int
) -> None:
    browser = board.new_browser(role)
    form = {"invoice": str(sold.invoice_id), "currency": "usd", "amount_cents": f"{cents / 100:.2f}"}
    form |= {"reason": "duplicate", "note": str(BODY["note"])}
    shown = browser.submit("/actions/billing.refund/preview", form)
    assert shown.status_code == (200 if status == 201 else 403), shown.text
    if status == 403 and role is Role.SUPPORT:
        assert "Support refunds up to $100.00" in shown.text
    assert operations_on(board, sold.invoice_id) == []


def test_a_key_that_may_only_refund_has_supports_limit(board: BoardUnderTest, sold: Sold) -> None:
    program = board.program(Permission.REFUNDS_WRITE)
    assert ask(program, sold.refunds, amount_cents=10_001).json()["code"] == "above_support_limit"
    assert ask(program, sold.refunds, amount_cents=10_000).status_code == 201


def test_above_the_threshold_a_second_person_is_needed(board: BoardUnderTest, standin: StandIn) -> None:
    sold = sell(board, seats=10)
    program = board.program(Permission.REFUNDS_WRITE, Permission.BILLING_WRITE)
    asked = ask(program, sold.refunds, amount_cents=50_001)

    assert asked.status_code == 202, asked.text
    assert given_back(standin) == []
    approver = board.program(Permission.APPROVALS_DECIDE, Permission.APPROVALS_READ, role=Role.BILLING)
    decided = approver.post(f"{asked.headers['Location']}/decision", json={"decision": "approve"})
    assert decided.status_code == 200, decided.text
    assert given_back(standin) == [50_001]
    assert look_at(board, sold)[0] == 50_001


def test_a_person_proves_who_they_are_again_after_a_quarter_of_an_hour(
    board: BoardUnderTest, standin: StandIn, sold: Sold
) -> None:
    browser = board.new_browser(Role.BILLING)
    form = {"invoice": str(sold.invoice_id), "currency": "usd", "amount_cents": "50.00"}
    form |= {"reason": "duplicate", "note": str(BODY["note"])}
    board.clock.advance(timedelta(minutes=16))

    opened = browser.get(f"/actions/billing.refund?invoice={sold.invoice_id}", follow_redirects=False)
    confirmed = browser.submit("/actions/billing.refund", form)

    assert opened.headers["location"].startswith("/step-up?next=")
    assert confirmed.headers["location"].startswith("/step-up?next=")
    assert operations_on(board, sold.invoice_id) == []


def test_a_refund_that_its_bank_returns_leaves_the_money_to_refund(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    """As its webhook tells: the row says failed, and the amount can be refunded anew."""
    made = refund(board, sold, amount_cents=23_700).json()["result"]["refunds"][0]
    control("fail_refund", refund=made["stripe_refund_id"])
    with board.runtime.work(system_actor()) as work:
        failed = board.runtime.stripe.refunds.get(made["stripe_refund_id"])
        mirror_refund(work, failed, board.clock.now())
        work.audit("webhooks.apply", Target("invoice", str(sold.invoice_id), "an invoice"), "As told")

    assert look_at(board, sold)[0] == 0
    assert refund(board, sold, amount_cents=23_700).status_code == 201
    assert look_at(board, sold)[0] == 23_700

"""Changes of seats: Stripe's quote is shown, carried, and charged as of its moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from stripe import InvoiceLineItem

from adminboard.app import make_operation_runner
from adminboard.billing.event_models import BillingEvent
from adminboard.billing.mirror.subscriptions import mirror_subscription
from adminboard.billing.models import Subscription, SubscriptionStatus
from adminboard.core.actor import system_actor
from adminboard.core.audit import Target
from adminboard.core.models import OperationStatus
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, maker_of, operations_on, sell
from tests.clients import BoardUnderTest
from tests.factories import make_membership, make_subscription
from tests.stand_in import Control
from tests.stripe.making import item_of

REASON = "Two more people from May on"


@pytest.fixture
def sold(standin: StandIn, board: BoardUnderTest) -> Sold:
    """3 seats at 79.00, at the stand-in's clock, which is then the board's."""
    board.clock.set(datetime.fromtimestamp(standin.account.clock.now(), UTC))
    return sell(board)


def change(
    board: BoardUnderTest, sold: Sold, quantity: int, *, token: str | None = None, **fields: Any
) -> Any:
    program = board.program(role=Role.BILLING)
    headers = {"Idempotency-Key": uuid4().hex} | ({"If-Match": token} if token else {})
    body = {"quantity": quantity, "reason": REASON} | fields
    return program.post(f"{sold.subscription}/quantity", json=body, headers=headers)


def at_stripe(board: BoardUnderTest, sold: Sold) -> int | None:
    found = maker_of(board.runtime).client.v1.subscriptions.retrieve(sold.stripe.id)
    return found.items.data[0].quantity


def here(board: BoardUnderTest, sold: Sold) -> int:
    with board.runtime.reading() as session:
        return session.get_one(Subscription, sold.subscription_id).quantity


def test_the_seats_are_changed_there_and_here(board: BoardUnderTest, sold: Sold) -> None:
    answer = change(board, sold, 5)

    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["quantity"] == 5
    assert answer.json()["undo"] is not None
    assert (at_stripe(board, sold), here(board, sold)) == (5, 5)
    with board.runtime.reading() as session:
        event = session.scalars(
            select(BillingEvent).where(BillingEvent.stripe_subscription_id == sold.stripe.id)
        ).one()
        assert (event.event_type, event.previous_quantity, event.quantity) == (
            "billing.change_quantity",
            3,
            5,
        )


def test_the_quote_is_shown_and_its_moment_is_what_is_charged(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    """Confirmed an hour later, it still costs what was shown."""
    control("clock", days=10)
    board.clock.advance(timedelta(days=10))
    program = board.program(role=Role.BILLING)
    path, body = (
        f"{sold.subscription}/quantity",
        {"quantity": 5, "charging": "always_invoice", "reason": REASON},
    )
    shown = program.post(f"{path}?dry_run=true", json=body).json()["preview"]
    details = {detail["label"]: detail["value"] for detail in shown["details"]}
    assert "For the rest of this period" in details
    assert len(details) >= 3, "with Stripe's own lines"

    control("clock", days=0.04)
    board.clock.advance(timedelta(minutes=59))
    answer = program.post(path, json=body, headers={"Idempotency-Key": "x", "If-Match": shown["token"]})

    assert answer.status_code == 200, answer.text
    make = maker_of(board.runtime)
    latest = make.client.v1.subscriptions.retrieve(sold.stripe.id).latest_invoice
    assert isinstance(latest, str)
    charged = make.client.v1.invoices.retrieve(latest).amount_paid
    assert f"${charged / 100:.2f}" == details["Charged at once"]


def test_what_earlier_changes_left_to_the_next_invoice_is_shown_by_itself(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    """Three seats became six; taking one away five days later gives back for that one alone."""
    for days, seats in ((10, 6), (5, None)):
        control("clock", days=days)
        board.clock.advance(timedelta(days=days))
        if seats is not None:
            assert change(board, sold, seats).status_code == 200
    make = maker_of(board.runtime)
    waiting = make.client.v1.invoices.create_preview({"subscription": sold.stripe.id})
    earlier = sum(line.amount for line in waiting.lines.data if is_proration(line))
    assert earlier > 0

    program = board.program(role=Role.BILLING)
    answer = program.post(
        f"{sold.subscription}/quantity?dry_run=true", json={"quantity": 5, "reason": REASON}
    )

    shown = [(each["label"], each["value"]) for each in answer.json()["preview"]["details"]]
    lines, (rest, before, total) = shown[:-3], shown[-3:]
    assert [label.split(" on ")[0] for label, _ in lines] == ["Unused time", "Remaining time"]
    assert before == ("From earlier changes", f"${earlier / 100:.2f}")
    assert rest[0] == "For the rest of this period"
    assert cents_of(rest[1]) == sum(cents_of(value) for _, value in lines) < 0
    assert total[0] == "Next invoice in all"
    assert cents_of(total[1]) == 5 * 7_900 + earlier + cents_of(rest[1])


def cents_of(amount: str) -> int:
    """An amount as the board writes it."""
    digits = "".join(character for character in amount if character.isdigit())
    return int(digits) * (-1 if amount[0] in "-−" else 1)


def is_proration(line: InvoiceLineItem) -> bool:
    parent = line.parent
    details = parent.subscription_item_details if parent else None
    return bool(details and details.proration)


def test_lines_that_stripe_does_not_send_are_said_and_not_left_out_of_a_sum(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    """With an invoice come ten lines; each of six changes left two."""
    for seats in range(4, 10):
        control("clock", days=1)
        board.clock.advance(timedelta(days=1))
        assert change(board, sold, seats).status_code == 200
    board.clock.advance(timedelta(hours=1))
    program = board.program(role=Role.BILLING)
    body = {"quantity": 12, "reason": REASON}
    shown = program.post(f"{sold.subscription}/quantity?dry_run=true", json=body).json()["preview"]
    labels = {detail["label"] for detail in shown["details"]}
    assert "further_lines" in {warning["code"] for warning in shown["warnings"]}
    assert "Next invoice in all" in labels
    assert not labels & {"For the rest of this period", "From earlier changes"}
    of_this_change = {label for label in labels if "9 ×" in label or "12 ×" in label}
    assert len(of_this_change) == 2, "the newest come first, so they are never among those left out"


def test_a_quote_that_was_tampered_with_confirms_nothing(board: BoardUnderTest, sold: Sold) -> None:
    assert change(board, sold, 5, token="made up").json()["code"] == "stale_preview"
    assert change(board, sold, 5, quote={"total_cents": 0}).status_code == 422
    assert operations_on(board, sold.subscription_id) == []


def test_undo_gives_back_the_seats_there_were_unless_they_were_changed_since(
    board: BoardUnderTest, sold: Sold
) -> None:
    program = board.program(role=Role.BILLING)
    first = change(board, sold, 5).json()["undo"]["href"]
    second = change(board, sold, 6).json()["undo"]["href"]

    too_late = program.post(first, json={})
    undone = program.post(second, json={})

    assert (too_late.status_code, too_late.json()["code"]) == (409, "seats_moved")
    assert undone.status_code == 200, undone.text
    assert (at_stripe(board, sold), here(board, sold)) == (5, 5)
    assert program.post(second, json={}).json()["code"] in {"already_undone", "seats_moved"}


def test_fewer_seats_than_active_members_must_be_accepted(board: BoardUnderTest, sold: Sold) -> None:
    with board.rows() as session:
        for _ in range(3):
            make_membership(session, organization_id=sold.organization_id)

    refused = change(board, sold, 2)
    accepted = change(board, sold, 2, acknowledge=["below_active_members"])

    assert (refused.status_code, refused.json()["code"]) == (409, "acknowledgement_required")
    assert accepted.status_code == 200, accepted.text
    assert here(board, sold) == 2


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"quantity": 3}, 409, "seats_unchanged"),
        ({"quantity": 0}, 422, "invalid_input"),
        ({"quantity": 100_001}, 422, "invalid_input"),
        ({"quantity": "many"}, 422, "invalid_input"),
        ({"quantity": 5, "charging": "never"}, 422, "invalid_input"),
        ({"quantity": 5, "subscription": str(uuid4())}, 409, "other_subscription"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    board: BoardUnderTest, sold: Sold, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = change(board, sold, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert operations_on(board, sold.subscription_id) == []
    assert at_stripe(board, sold) == 3


def test_that_there_is_nothing_to_do_is_said_as_news(board: BoardUnderTest, sold: Sold) -> None:
    browser = board.browser(Role.BILLING)
    form = {"customer": str(sold.organization_id), "quantity": "3", "reason": REASON}
    shown = {
        seats: browser.submit("/actions/billing.change_quantity/preview", form | {"quantity": seats}).text
        for seats in ("3", "0")
    }
    assert "notice-info" in shown["3"]
    assert "notice-error" not in shown["3"]
    assert "notice-info" not in shown["0"]


def test_who_has_no_live_subscription_at_stripe_is_told(board: BoardUnderTest, standin: StandIn) -> None:
    with board.rows() as session:
        over = make_subscription(session, status="canceled")
        elsewhere = make_subscription(session, stripe_subscription_id=None)
    program = board.program(role=Role.BILLING)
    body = {"quantity": 5, "reason": REASON}

    def ask(customer: object) -> tuple[int, str]:
        answer = program.post(f"/v1/admin/customers/{customer}/subscription/quantity", json=body)
        return answer.status_code, answer.json()["code"]

    assert ask(over.organization_id) == (409, "no_live_subscription")
    assert ask(elsewhere.organization_id) == (409, "not_at_stripe")
    assert ask(uuid4()) == (404, "payer_unknown")
    assert ask("nobody-by-this-slug") == (404, "payer_unknown")
    assert standin.calls == []


def test_a_second_change_waits_for_the_end_of_the_first(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    control("fault", kind="timeout_after", path="/v1/subscriptions", method="POST")
    first = change(board, sold, 5)
    second = change(board, sold, 6)

    assert (first.status_code, first.json()["operation"]["status"]) == (202, "unknown")
    assert (second.status_code, second.json()["code"]) == (409, "change_under_way")
    assert at_stripe(board, sold) == 5


def test_a_card_that_is_declined_changes_nothing_and_says_why(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    make = maker_of(board.runtime)
    customer = make.client.v1.customers.retrieve(str(sold.stripe.customer))
    method = customer.invoice_settings.default_payment_method if customer.invoice_settings else None
    control("decline", payment_method=str(method), decline_code="insufficient_funds")
    control("clock", days=3)
    board.clock.advance(timedelta(days=3))

    answer = change(board, sold, 9, charging="always_invoice")

    assert (answer.status_code, answer.json()["code"]) == (409, "operation_refused")
    assert "declined" in answer.json()["detail"]
    assert "insufficient funds" in answer.json()["detail"]
    assert (at_stripe(board, sold), here(board, sold)) == (3, 3)
    [operation] = operations_on(board, sold.subscription_id)
    assert operation.status is OperationStatus.REFUSED


def test_twice_is_once(board: BoardUnderTest, sold: Sold) -> None:
    program = board.program(role=Role.BILLING)
    body, headers = {"quantity": 5, "reason": REASON}, {"Idempotency-Key": "once"}
    first = program.post(f"{sold.subscription}/quantity", json=body, headers=headers)
    again = program.post(f"{sold.subscription}/quantity", json=body, headers=headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(operations_on(board, sold.subscription_id)) == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT])
def test_only_billing_changes_seats(board: BoardUnderTest, sold: Sold, role: Role) -> None:
    browser = board.new_browser(role)
    form = {"customer": str(sold.organization_id), "quantity": "5", "reason": REASON}
    assert browser.submit("/actions/billing.change_quantity", form).status_code == 403
    assert operations_on(board, sold.subscription_id) == []


def test_where_the_settings_want_it_a_second_person_agrees(board: BoardUnderTest, sold: Sold) -> None:
    admin = board.program()
    path = "/v1/admin/settings/approval_subscription_changes"
    assert admin.put(path, json={"value": "yes"}).status_code == 200
    try:
        browser = board.new_browser(Role.BILLING)
        form = {"customer": str(sold.organization_id), "quantity": "5", "reason": REASON}
        shown = browser.submit("/actions/billing.change_quantity/preview", form | {"charging": "none"})
        assert "Request approval: Change to 5 seats" in shown.text
    finally:
        assert admin.put(path, json={"value": "no"}).status_code == 200


def test_what_is_done_has_ended_though_no_plan_has_the_price_any_more(
    board: BoardUnderTest, sold: Sold
) -> None:
    """Our row cannot follow, which the sentence says; the next change finds nothing under way."""
    make = maker_of(board.runtime)
    price = make.price(cents=9900)
    item_id = item_of(sold.stripe).id
    make.client.v1.subscriptions.update(sold.stripe.id, {"items": [{"id": item_id, "price": price.id}]})

    answer = change(board, sold, 5)

    assert (answer.status_code, answer.json()["result"]["quantity"]) == (200, 5), answer.text
    [operation] = operations_on(board, sold.subscription_id)
    assert operation.status is OperationStatus.DONE
    assert operation.outcome is not None
    assert f"cannot show it yet: No plan has the price {price.id}" in operation.outcome["summary"]
    assert (at_stripe(board, sold), here(board, sold)) == (5, 3)
    assert change(board, sold, 6).status_code == 200
    assert at_stripe(board, sold) == 6


def test_what_is_done_has_ended_though_the_customer_has_another_live_one_by_now(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    """While nobody knew what came of it, the row ended here and another subscription came."""
    control("fault", kind="timeout_after", path="/v1/subscriptions", method="POST")
    assert change(board, sold, 5).status_code == 202
    with board.rows() as session:
        session.get_one(Subscription, sold.subscription_id).status = SubscriptionStatus.CANCELED
        session.flush()
        other = make_subscription(session, organization_id=sold.organization_id)

    board.clock.advance(timedelta(hours=1))
    make_operation_runner(board.runtime).run_due()

    [operation] = operations_on(board, sold.subscription_id)
    assert operation.status is OperationStatus.DONE
    assert operation.outcome is not None
    assert str(other.stripe_subscription_id) in operation.outcome["summary"]


def test_a_webhook_of_an_earlier_change_that_comes_meanwhile_does_not_win(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    """It bears a later moment than what our row showed before Stripe was asked."""
    earlier = board.runtime.stripe.subscriptions.get(sold.stripe.id)
    standin.calls.clear()
    control("fault", kind="slow", method="GET", path="/v1/subscriptions/", seconds=0.3)
    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(change, board, sold, 5)
        while f"GET /v1/subscriptions/{sold.stripe.id}" not in standin.calls:
            assert not changed.done(), changed.result().text
        with board.runtime.work(system_actor()) as work:
            mirror_subscription(work, earlier, board.clock.now())
            work.audit("webhooks.apply", Target("subscription", sold.stripe.id, "a customer"), "As told")
        answer = changed.result()

    assert answer.json()["result"]["quantity"] == 5
    assert here(board, sold) == 5

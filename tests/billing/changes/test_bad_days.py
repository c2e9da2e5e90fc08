"""On Stripe's bad days whoever changes something is told so in a sentence, and nothing is lost.

Too many calls, errors, lost connections, slow answers, declined cards, for programs and while previewing;
what pages tell of each change is in `test_every_change`.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from adminboard.app import make_operation_runner
from adminboard.core.models import OperationStatus
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, maker_of, operations_on, sell
from tests.clients import BoardUnderTest, Browser
from tests.stand_in import Control

NOTE = "Cancelled within the trial"
NOT_YET = "This is not done yet. The board goes on trying; do not ask for it again."
UNKNOWN = "It is not known yet whether this was done. The board goes on until it is; do not ask for it again."
BAD_DAYS = [
    # what goes wrong with the call, and what is said about it
    ("rate_limit", NOT_YET),
    ("conflict", NOT_YET),
    ("server_error", UNKNOWN),
    ("server_error_after", UNKNOWN),
    ("reset", UNKNOWN),
    ("reset_after", UNKNOWN),
    ("slow", UNKNOWN),
    ("timeout_after", UNKNOWN),
]
TOO_SLOW_SECONDS = 0.6
"""A little more than the board waits for in these tests."""
WHILE_PREVIEWING = [
    ("rate_limit", 429, "Stripe was asked too much at once"),
    ("server_error", 503, "Stripe does not answer at the moment"),
    ("reset", 503, "Stripe does not answer at the moment"),
    ("slow", 503, "Stripe does not answer at the moment"),
]
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def sold(standin: StandIn, board: BoardUnderTest) -> Sold:
    return sell(board)


def form_of(sold: Sold) -> dict[str, str]:
    return {
        "invoice": str(sold.invoice_id),
        "amount_cents": "50.00",
        "currency": "usd",
        "reason": "duplicate",
        "note": NOTE,
    }


def confirm(browser: Browser, action: str, form: Mapping[str, str]) -> Any:
    """Previews on the page and confirms what it shows; follows to where that leads."""
    shown = browser.submit(f"/actions/{action}/preview", form)
    assert shown.status_code == 200, shown.text
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(shown.text)}
    return browser.post(f"/actions/{action}", data=fields | {"return_to": "/billing/invoices"})


def given_back(standin: StandIn) -> list[int]:
    return [refund.amount for refund in standin.account.refunds]


def settle_later(board: BoardUnderTest) -> None:
    """Lets the worker go on with what is open; time passes on the board only."""
    executor = make_operation_runner(board.runtime)
    for _ in range(20):
        board.clock.advance(timedelta(hours=1))
        executor.run_due()


@pytest.mark.parametrize(("kind", "sentence"), BAD_DAYS)
def test_a_program_is_told_the_same_with_the_address_to_look_at(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold, kind: str, sentence: str
) -> None:
    control("fault", kind=kind, path="/v1/refunds", method="POST", seconds=TOO_SLOW_SECONDS)
    program = board.program(role=Role.BILLING)
    body = {"amount_cents": 5_000, "currency": "usd", "reason": "duplicate", "note": NOTE}

    answer = program.post(sold.refunds, json=body, headers={"Idempotency-Key": kind})

    assert answer.status_code == 202, answer.text
    assert answer.json()["operation"]["detail"] == sentence
    assert answer.headers["Location"] == answer.json()["operation"]["href"]
    settle_later(board)
    assert program.get(answer.headers["Location"]).json()["status"] == "done"
    again = program.post(sold.refunds, json=body, headers={"Idempotency-Key": kind})
    assert (again.status_code, again.json()["operation"]["status"]) == (201, "done")
    assert given_back(standin) == [5_000]


@pytest.mark.parametrize(("kind", "status", "sentence"), WHILE_PREVIEWING)
def test_a_preview_that_needs_stripe_says_that_it_is_not_to_be_had(
    board: BoardUnderTest,
    standin: StandIn,
    control: Control,
    sold: Sold,
    kind: str,
    status: int,
    sentence: str,
) -> None:
    """What was typed stays in the form; the key of a program stays free."""
    control("fault", kind=kind, path="/v1/invoice_payments", times=2, seconds=2)
    page = board.new_browser(Role.BILLING).submit("/actions/billing.refund/preview", form_of(sold))
    program = board.program(role=Role.BILLING)
    body, headers = (
        {"amount_cents": 5_000, "currency": "usd", "reason": "duplicate", "note": NOTE},
        {"Idempotency-Key": kind},
    )
    answer = program.post(sold.refunds, json=body, headers=headers)

    assert page.status_code == answer.status_code == status
    assert sentence in unescape(page.text)
    assert NOTE in page.text
    assert 'value="50.00"' in page.text
    assert sentence in answer.json()["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert operations_on(board, sold.invoice_id) == []
    assert program.post(sold.refunds, json=body, headers=headers).status_code == 201


def test_a_declined_card_is_told_on_the_page_with_what_was_typed(
    board: BoardUnderTest, control: Control, sold: Sold
) -> None:
    make = maker_of(board.runtime)
    customer = make.client.v1.customers.retrieve(str(sold.stripe.customer))
    assert customer.invoice_settings is not None
    method = customer.invoice_settings.default_payment_method
    control("decline", payment_method=str(method), decline_code="insufficient_funds")
    form = {
        "customer": str(sold.organization_id),
        "quantity": "9",
        "charging": "always_invoice",
        "reason": "Six more people from May on",
    }

    page = confirm(board.new_browser(Role.BILLING), "billing.change_quantity", form)

    assert page.status_code == 409
    assert "insufficient funds" in page.text
    assert "Six more people from May on" in page.text
    assert make.client.v1.subscriptions.retrieve(sold.stripe.id).items.data[0].quantity == 3


def test_a_refusal_is_told_in_stripes_own_words(
    board: BoardUnderTest, standin: StandIn, control: Control, sold: Sold
) -> None:
    browser = board.new_browser(Role.BILLING)
    shown = browser.submit("/actions/billing.refund/preview", form_of(sold))
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(shown.text)}
    make = maker_of(board.runtime)
    make.client.v1.refunds.create({"payment_intent": make.payment_of(sold.stripe)})

    page = browser.post("/actions/billing.refund", data=fields)

    assert page.status_code == 409
    assert "Stripe refused this" in page.text
    assert "has already been refunded" in page.text
    assert operations_on(board, sold.invoice_id)[0].status is OperationStatus.REFUSED


def test_without_access_to_stripe_the_board_says_what_is_missing(board: BoardUnderTest, sold: Sold) -> None:
    settings, gateway = board.runtime.settings, board.runtime.stripe
    board.runtime.settings = settings.model_copy(update={"stripe_api_key": None})
    del board.runtime.stripe
    try:
        page = board.new_browser(Role.BILLING).submit("/actions/billing.refund/preview", form_of(sold))
    finally:
        board.runtime.settings, board.runtime.stripe = settings, gateway
    assert page.status_code == 503
    assert "The board has no access to Stripe" in page.text

"""Whatever Stripe does with a change, the page tells the truth at every moment, and it ends right.

One table: every change that is made at Stripe, by every way in which the call can go wrong.
"""

import time
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from adminboard.app import make_operation_runner
from adminboard.core.audit_models import AuditEntry
from adminboard.core.models import Operation, OperationStatus
from adminboard.core.permissions import Role
from adminboard.core.titles import title_of
from adminboard.stripe.fake.standin import StandIn
from adminboard.web.formatting import displaying, format_sentence
from tests.billing.changes.every_change import CHANGES, REASON, StripeChange
from tests.billing.sold import Sold, maker_of, operations_on
from tests.clients import BoardUnderTest, Browser
from tests.pages import Page
from tests.stand_in import Control

NOT_YET = "This is not done yet. The board goes on trying; do not ask for it again."
UNKNOWN = "It is not known yet whether this was done. The board goes on until it is; do not ask for it again."
UNDER_WAY = "Stripe was asked for a change, and it is not known yet what came of it."
SENTENCES = {OperationStatus.PENDING: NOT_YET, OperationStatus.UNKNOWN: UNKNOWN}
BAD_DAYS = {
    # what goes wrong with the call, and how it stands then
    "rate_limit": OperationStatus.PENDING,
    "slow": OperationStatus.UNKNOWN,
    "timeout_after": OperationStatus.UNKNOWN,
    "server_error_after": OperationStatus.UNKNOWN,
    "down": OperationStatus.UNKNOWN,
}
TOO_SLOW_SECONDS = 0.6
"""A little more than the board waits for in these tests."""
REFUSABLE = [change for change in CHANGES if change.method != "DELETE"]
"""What has ended there is ended here too, whoever ended it."""
each_change = pytest.mark.parametrize("change", CHANGES, ids=[change.name for change in CHANGES])


def look_at_preview(browser: Browser, change: StripeChange, sold: Sold) -> dict[str, str]:
    """What the page of the preview sends when it is confirmed."""
    base = f"/actions/{change.action}"
    page = browser.submit(f"{base}/preview", change.form(sold))
    assert page.status_code == 200, page.text
    form = {name: values[0] for name, values in Page(page.text).form(base).values.items()}
    return form | change.form(sold) | {"return_to": change.home(sold)}


def confirm(browser: Browser, change: StripeChange, form: dict[str, str]) -> Any:
    return browser.post(f"/actions/{change.action}", data=form)


def go_wrong(control: Control, change: StripeChange, kind: str) -> None:
    if kind == "down":
        control("down")
    else:
        control("fault", kind=kind, path=change.path, method=change.method, seconds=TOO_SLOW_SECONDS)


def settle_later(board: BoardUnderTest) -> None:
    """Lets the worker go on with what is open; time passes on the board only."""
    executor = make_operation_runner(board.runtime)
    for _ in range(3):
        board.clock.advance(timedelta(hours=1))
        executor.run_due()


def get_operation(board: BoardUnderTest, change: StripeChange, sold: Sold) -> Operation:
    [operation] = operations_on(board, change.target(sold))
    return operation


def outcomes(board: BoardUnderTest, operation: Operation) -> list[str]:
    """The audit entries of what came of it."""
    with board.runtime.reading() as session:
        told = select(AuditEntry.action).where(
            AuditEntry.after["operation_id"].astext == str(operation.id), AuditEntry.action.like("stripe.%")
        )
        return list(session.scalars(told))


@each_change
def test_a_good_day(board: BoardUnderTest, standin: StandIn, change: StripeChange) -> None:
    sold, browser = change.prepare(board), board.new_browser(Role.BILLING)
    page = confirm(browser, change, look_at_preview(browser, change, sold))
    operation = get_operation(board, change, sold)
    assert operation.status is OperationStatus.DONE
    assert change.look(board, sold) == (True, change.row)
    assert operation.outcome is not None
    assert say_in_the_readers_zone(board, operation.outcome["summary"]) in unescape(page.text)
    assert outcomes(board, operation) == [f"{operation.kind}.done"]


def say_in_the_readers_zone(board: BoardUnderTest, sentence: str) -> str:
    with displaying(board.runtime.settings.default_timezone, board.runtime.clock.now()):
        return format_sentence(sentence)


@pytest.mark.parametrize(("kind", "status"), BAD_DAYS.items())
@each_change
def test_a_bad_day(
    board: BoardUnderTest,
    standin: StandIn,
    control: Control,
    change: StripeChange,
    kind: str,
    status: OperationStatus,
) -> None:
    sold, browser = change.prepare(board), board.new_browser(Role.BILLING)
    form = look_at_preview(browser, change, sold)
    go_wrong(control, change, kind)

    page = confirm(browser, change, form)
    operation = get_operation(board, change, sold)
    assert operation.status is status
    assert SENTENCES[status] in unescape(page.text)
    shown = Page(browser.get(f"/system/operations?selected={operation.id}").text).text
    assert f"{title_of(operation.kind)} {status.value} {operation.error}" in shown
    if not change.is_refund:
        assert UNDER_WAY in unescape(browser.get(change.home(sold)).text)
        again = browser.submit(f"/actions/{change.action}/preview", change.form(sold))
        assert (again.status_code, "Wait until it is" in again.text) == (409, True)

    control("up")
    if kind == "slow":
        time.sleep(TOO_SLOW_SECONDS)  # Until then Stripe is still busy with it, and says so.
    settle_later(board)
    operation = get_operation(board, change, sold)
    assert operation.status is OperationStatus.DONE
    assert change.look(board, sold) == (True, change.row)
    assert outcomes(board, operation) == [f"{operation.kind}.done"]
    assert UNDER_WAY not in unescape(board.new_browser(Role.BILLING).get(change.home(sold)).text)


@pytest.mark.parametrize("change", REFUSABLE, ids=[change.name for change in REFUSABLE])
def test_a_refusal_is_told_in_stripes_words_and_changes_nothing(
    board: BoardUnderTest, standin: StandIn, change: StripeChange
) -> None:
    """Somebody was faster in Stripe's dashboard."""
    sold, browser = change.prepare(board), board.new_browser(Role.BILLING)
    form = look_at_preview(browser, change, sold)
    make = maker_of(board.runtime)
    if change.is_refund:
        make.client.v1.refunds.create({"payment_intent": make.payment_of(sold.stripe)})
    else:
        make.client.v1.subscriptions.cancel(sold.stripe.id)
    before = change.look(board, sold)

    page = confirm(browser, change, form)
    assert page.status_code == 409
    assert "Stripe refused this" in page.text or "Stripe answers" in page.text
    assert REASON in page.text, "what was typed stays"
    operation = get_operation(board, change, sold)
    assert operation.status is OperationStatus.REFUSED
    assert change.look(board, sold) == before
    assert outcomes(board, operation) == [f"{operation.kind}.refused"]
    settle_later(board)
    assert get_operation(board, change, sold).status is OperationStatus.REFUSED

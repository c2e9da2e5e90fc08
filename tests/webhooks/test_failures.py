"""Why a payment failed: asked of Stripe once the event is applied, and told on the pages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from adminboard.billing.event_models import BillingEvent
from adminboard.billing.models import Invoice
from adminboard.core.audit_models import AuditEntry
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.webhooks.failures import NOT_SAID, explain_failures
from adminboard.webhooks.jobs import apply_due_events
from tests.clients import BoardUnderTest
from tests.pages import Page
from tests.stand_in import Control
from tests.stripe.making import Maker
from tests.webhooks.telling import list_sent, send_all, subscribe

FAILED = "invoice.payment_failed"
WHY = "Your card has insufficient funds. (insufficient_funds)"


@pytest.fixture
def board(told_board: BoardUnderTest) -> BoardUnderTest:
    return told_board


@pytest.fixture
def unpaid(board: BoardUnderTest, maker: Maker, standin: StandIn, control: Control) -> str:
    """A renewal that was declined, and applied; the customer's id in Stripe."""
    made = subscribe(board, maker)
    customer = maker.client.v1.customers.retrieve(str(made.customer))
    settings = customer.invoice_settings
    assert settings is not None
    control("decline", payment_method=str(settings.default_payment_method), decline_code="insufficient_funds")
    control("clock", days=32)
    send_all(board, [*list_sent(standin, "customer.subscription.created"), *list_sent(standin, FAILED)])
    apply_due_events(board.runtime)
    return customer.id


def reasons(board: BoardUnderTest) -> list[str | None]:
    with board.rows() as session:
        return list(session.scalars(select(BillingEvent.notes).where(BillingEvent.event_type == FAILED)))


def read_pages(board: BoardUnderTest) -> str:
    """What the customer's first tab and the panel of the invoice say."""
    with board.rows() as session:
        [invoice] = session.scalars(select(Invoice).where(Invoice.payment_failed_at.is_not(None)))
    browser = board.browser(Role.SUPPORT)
    pages = (f"/customers/{invoice.organization_id}", f"/billing/invoices?selected={invoice.id}")
    return " ".join(Page(browser.get(page).text).text for page in pages)


def test_a_decline_is_told_on_the_pages(board: BoardUnderTest, unpaid: str) -> None:
    assert read_pages(board).count("No reason is known here") == 3
    assert explain_failures(board.runtime) == 1
    assert reasons(board) == [WHY]
    told = read_pages(board)
    assert told.count(WHY) == 3
    assert "No reason is known here" not in told
    with board.rows() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "webhooks.explain")).one()
    assert WHY in entry.summary
    assert explain_failures(board.runtime) == 0, "each is asked for once"


def test_while_stripe_is_away_it_is_asked_again(board: BoardUnderTest, unpaid: str, control: Control) -> None:
    control("fault", kind="server_error", method="GET", path="/v1/invoice_payments", times=1)
    assert explain_failures(board.runtime) == 0
    assert reasons(board) == [None]
    assert explain_failures(board.runtime) == 1
    assert reasons(board) == [WHY]


def test_after_a_day_nobody_asks(board: BoardUnderTest, unpaid: str) -> None:
    board.clock.advance(timedelta(days=1, seconds=1))
    assert explain_failures(board.runtime) == 0
    assert reasons(board) == [None]


def test_the_reason_of_a_later_attempt_is_not_that_of_this_one(
    board: BoardUnderTest, unpaid: str, control: Control
) -> None:
    control("clock", days=4)
    assert explain_failures(board.runtime) == 1
    assert reasons(board) == [NOT_SAID]

"""Changes of billing in a real browser, with the stand-in behind the board."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from adminboard.app import make_operation_runner
from adminboard.auth.passwords import hash_password
from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from tests.billing.sold import Sold, sell
from tests.db.templates import Addresses
from tests.e2e.accessibility import EVERYTHING, find_violations
from tests.e2e.job import expect_toast, find_toasts
from tests.e2e.serving import PASSWORD, ServedBoard, served_board
from tests.e2e.visitors import LARGE, Visitors, watched_visitors
from tests.stand_in import Control, Served

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = os.environ.get("PICTURES")
"""A folder for pictures of each step, for people who want to look."""


@pytest.fixture
def board(fresh_addresses: Addresses, standin: StandIn, served_standin: Served) -> Iterator[ServedBoard]:
    with served_board(fresh_addresses, **served_standin.settings) as served:
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


@pytest.fixture
def sold(board: ServedBoard, standin: StandIn, control: Control) -> Sold:
    """3 seats at 79.00, ten days ago."""
    board.behind.clock.set(datetime.fromtimestamp(standin.account.clock.now(), UTC))
    sold = sell(board.behind)
    control("clock", days=10)
    board.behind.clock.advance(timedelta(days=10))
    return sold


def look(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png")


def open_dialog(page: Page, button: str) -> Locator:
    page.get_by_role("link", name=button, exact=True).click()
    dialog = page.locator("#dialog")
    expect(dialog).to_be_visible()
    return dialog


def test_a_part_of_an_invoice_is_refunded(board: ServedBoard, visitors: Visitors, sold: Sold) -> None:
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address("/billing/invoices", selected=str(sold.invoice_id)))
    look(page, "invoice")
    dialog = open_dialog(page, "Refund")
    amount = dialog.get_by_label("Amount")
    expect(amount).to_have_value("237.00")
    expect(amount).to_be_focused()
    amount.fill("50.00")
    dialog.get_by_label("Note").fill("Cancelled within the trial")
    expect(dialog).to_contain_text("$50.00")
    look(page, "refund-form")
    assert find_violations(page, EVERYTHING) == []

    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("A refund cannot be undone")
    expect(dialog).to_contain_text("Of payment pi_")
    look(page, "refund-preview")
    assert find_violations(page, EVERYTHING) == []
    dialog.get_by_role("button", name="Refund $50.00").click()

    expect_toast(page, "Refunded $50.00")
    expect(page.locator(".detail")).to_contain_text("$187.00")
    look(page, "refunded")


def test_what_was_paid_outside_stripe_is_not_refunded(
    board: ServedBoard, visitors: Visitors, standin: StandIn, sold: Sold
) -> None:
    [paid] = standin.account.invoice_payments.of("invoice", sold.stripe_invoice_id)
    paid.payment_intent, paid.payment_record = None, "pr_by_check"
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address("/billing/invoices", selected=str(sold.invoice_id)))
    dialog = open_dialog(page, "Refund")
    dialog.get_by_label("Amount").fill("50.00")
    dialog.get_by_label("Note").fill("Paid by check in March")
    with visitors.expecting(409):
        dialog.get_by_role("button", name="Preview").click()
        expect(dialog.get_by_role("alert")).to_contain_text("was paid outside Stripe")
    look(page, "refund-paid-outside")
    expect(dialog.get_by_label("Amount")).to_have_value("50.00")
    expect(dialog.get_by_label("Note")).to_have_value("Paid by check in March")


def test_a_half_typed_refund_outlives_the_proof_that_its_reload_asks_for(
    board: ServedBoard, visitors: Visitors, sold: Sold
) -> None:
    with board.behind.rows() as session:
        session.merge(board.get_person(Role.BILLING)).password_hash = hash_password(PASSWORD)
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address("/billing/invoices", selected=str(sold.invoice_id)))
    dialog = open_dialog(page, "Refund")
    dialog.get_by_label("Amount").fill("50.00")
    dialog.get_by_label("Note").fill("Cancelled within the trial")

    board.behind.clock.advance(timedelta(minutes=16))
    with visitors.expecting(403):
        page.reload()
        page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_label("Amount")).to_have_value("50.00")
    expect(page.get_by_label("Note")).to_have_value("Cancelled within the trial")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Refund $50.00").click()
    expect_toast(page, "Refunded $50.00")


def test_seats_are_changed_for_what_stripe_quotes(board: ServedBoard, visitors: Visitors, sold: Sold) -> None:
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address("/billing/subscriptions", selected=str(sold.subscription_id)))
    look(page, "subscription")
    dialog = open_dialog(page, "Change seats")
    seats = dialog.get_by_label("Seats")
    expect(seats).to_have_value("3")
    expect(seats).to_be_focused()
    seats.fill("5")
    dialog.get_by_label("Reason").fill("Two more people from May on")
    look(page, "seats-form")
    assert find_violations(page, EVERYTHING) == []

    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("For the rest of this period")
    expect(dialog).to_contain_text("Next invoice in all")
    look(page, "seats-preview")
    assert find_violations(page, EVERYTHING) == []
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    address = "**/actions/billing.change_quantity"
    page.route(address, hold)
    with page.expect_request(address):
        dialog.get_by_role("button", name="Change to 5 seats").click()
    for button in dialog.locator(".action-foot button").all():
        expect(button).to_be_disabled()
    held[0].continue_()
    page.unroute(address)

    expect_toast(page, "5 seats instead of 3")
    look(page, "seats-changed")
    page.get_by_role("button", name="Undo").click()
    expect_toast(page, "3 seats instead of 5")


def test_a_subscription_is_cancelled_paused_and_goes_on(
    board: ServedBoard, visitors: Visitors, sold: Sold
) -> None:
    page = visitors.open_page(Role.BILLING)
    steps = [
        ("Cancel", "Cancel at the end of the period", "ends on"),
        ("Reactivate", "Let it go on", "goes on"),
        ("Pause collection", "Pause", "Paused the collection"),
        ("Resume collection", "Resume", "Collecting from"),
    ]
    for button, confirmation, outcome in steps:
        page.goto(board.address("/billing/subscriptions", selected=str(sold.subscription_id)))
        dialog = open_dialog(page, button)
        dialog.get_by_label("Reason").fill("Agreed with the customer")
        look(page, f"{button}-form")
        dialog.get_by_role("button", name="Preview").click()
        expect(dialog.get_by_role("button", name=confirmation, exact=True)).to_be_visible()
        look(page, f"{button}-preview")
        assert find_violations(page, EVERYTHING) == []
        dialog.get_by_role("button", name=confirmation, exact=True).click()
        expect_toast(page, outcome)


def test_a_customer_is_suspended_and_let_in_again(board: ServedBoard, visitors: Visitors, sold: Sold) -> None:
    page = visitors.open_page(Role.BILLING, size=LARGE, theme="dark")
    page.goto(board.address(f"/customers/{sold.organization_id}"))
    look(page, "customer")
    dialog = open_dialog(page, "Suspend")
    dialog.get_by_label("Reason").fill("Chargebacks on three invoices in a row")
    look(page, "suspend-form")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog).to_contain_text("Stripe goes on charging $237.00 a month")
    dialog.get_by_role("checkbox").check()
    look(page, "suspend-preview")
    assert find_violations(page, EVERYTHING) == []
    dialog.locator("button[type=submit]").last.click()
    expect_toast(page, "Suspended")
    expect(page.get_by_text("“Chargebacks on three invoices in a row”")).to_be_visible()
    look(page, "suspended")
    assert find_violations(page, EVERYTHING) == []

    find_toasts(page).get_by_role("button", name="Undo").click()
    expect_toast(page, "Activated")
    expect(page.get_by_role("link", name="Suspend", exact=True)).to_be_visible()


def test_a_customer_is_looked_after_in_the_portal_and_compared_with_stripe(
    board: ServedBoard, visitors: Visitors, sold: Sold
) -> None:
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address(f"/customers/{sold.organization_id}"))
    dialog = open_dialog(page, "Billing portal")
    look(page, "portal-preview")
    dialog.get_by_role("button", name="Get the link").click()
    expect(dialog.get_by_role("link", name="Open the billing portal")).to_have_attribute("target", "_blank")
    look(page, "portal-link")
    assert find_violations(page, EVERYTHING) == []
    dialog.get_by_role("link", name="Done").click()

    dialog = open_dialog(page, "Re-sync with Stripe")
    dialog.get_by_label("Reason").fill("They say that the seats are wrong")
    with visitors.expecting(409):
        dialog.get_by_role("button", name="Preview").click()
        expect(dialog).to_contain_text("in step")
    look(page, "re-sync")
    assert find_violations(page, EVERYTHING) == []


def test_what_nobody_knows_the_outcome_of_is_said_and_settles_on_the_page_by_itself(
    board: ServedBoard, visitors: Visitors, sold: Sold, control: Control
) -> None:
    page = visitors.open_page(Role.BILLING)
    page.goto(board.address(f"/customers/{sold.organization_id}"))
    dialog = open_dialog(page, "Cancel")
    dialog.get_by_label("Reason").fill("Agreed with the customer")
    dialog.get_by_role("button", name="Preview").click()
    control("down")
    dialog.get_by_role("button", name="Cancel at the end of the period", exact=True).click()
    expect_toast(page, "It is not known yet whether this was done")
    notice = page.locator("[data-under-way]")
    expect(notice).to_contain_text("Cancellation: Stripe was asked")
    look(page, "under-way")
    assert find_violations(page, EVERYTHING) == []

    control("up")
    board.behind.clock.advance(timedelta(minutes=5))
    make_operation_runner(board.behind.runtime).run_due()
    expect(notice).to_have_count(0)
    expect(page.locator("#record-head")).to_contain_text("ends")
    expect(page.get_by_role("link", name="Reactivate", exact=True)).to_be_visible()

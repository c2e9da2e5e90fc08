"""A comparison in a real browser: begun, watched, what differs repaired from Stripe, and green in the end."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from adminboard.core.permissions import Role
from adminboard.stripe.fake.standin import StandIn
from adminboard.worker import make_run_advancer
from tests.db.templates import Addresses
from tests.e2e.accessibility import EVERYTHING, find_violations, set_theme
from tests.e2e.job import REASON, find_panel
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import LARGE, SMALL, Visitors, watched_visitors
from tests.reconciliation.planting import Twins
from tests.stand_in import Control, Served

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def board(fresh_addresses: Addresses, standin: StandIn, served_standin: Served) -> Iterator[ServedBoard]:
    with served_board(fresh_addresses, **served_standin.settings) as served:
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


def advance(board: ServedBoard) -> None:
    """The worker, which takes up whatever is to be done."""
    make_run_advancer(board.behind.runtime, slice_seconds=60).advance_next()


def confirm(page: Page, button: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Preview").click()
    dialog.get_by_role("button", name=button).click()
    expect(dialog).to_be_hidden()


def begin_comparison(board: ServedBoard, page: Page) -> Locator:
    """Asked for at the head of the page, followed there to its end."""
    page.goto("/reconciliation")
    comparison = page.get_by_role("region", name="Comparison with Stripe")
    expect(comparison).to_contain_text("Never compared with Stripe yet")
    comparison.get_by_role("link", name="Compare with Stripe").click()
    confirm(page, "Compare with Stripe")
    expect(comparison).to_contain_text("Comparison with Stripe, begun by")
    advance(board)
    expect(comparison).to_contain_text("0 of 2 subscriptions in Stripe were in step. Different in: seats 2.")
    return comparison


def tick_by_key(page: Page, row: Locator) -> Locator:
    """By the space bar; what is ticked stays when the list is sorted. Returns the bar."""
    bar = page.get_by_role("form", name="Selected rows")
    expect(bar).to_be_hidden()
    row.locator(".row-link").press("Space")
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(bar).to_contain_text("1 selected")
    page.get_by_role("link", name="Result", exact=True).click()
    expect(page).to_have_url(re.compile("sort=result"))
    expect(row.get_by_role("checkbox")).to_be_checked()
    return bar


def test_what_is_ticked_stays_when_a_comparison_ends(
    board: ServedBoard, visitors: Visitors, standin: StandIn, control: Control
) -> None:
    twins = Twins(board.behind, standin, control)
    chosen, other = twins.subscribe(), twins.subscribe()
    chosen.item.quantity = other.item.quantity = 7
    page = visitors.open_page(Role.BILLING)
    comparison = begin_comparison(board, page)
    comparison.get_by_role("link", name="Compare with Stripe").click()
    confirm(page, "Compare with Stripe")
    expect(comparison).to_contain_text("begun by")
    row = page.locator(f"#row-{chosen.id}")
    tick_by_key(page, row)
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "div#list"):
        advance(board)
    expect(comparison).to_contain_text("Last compared")
    expect(row.get_by_role("checkbox")).to_be_checked()


def test_what_differs_is_found_ticked_and_repaired(
    board: ServedBoard, visitors: Visitors, standin: StandIn, control: Control
) -> None:
    twins = Twins(board.behind, standin, control)
    chosen, other = twins.subscribe(), twins.subscribe()
    chosen.item.quantity = other.item.quantity = 7
    page = visitors.open_page(Role.BILLING, size=SMALL)
    comparison = begin_comparison(board, page)
    row = page.locator(f"#row-{chosen.id}")
    expect(row).to_contain_text("differs")
    row.locator(".row-link").click()
    expect(find_panel(page)).to_contain_text("wins")
    bar = tick_by_key(page, row)
    assert not find_violations(page, EVERYTHING)

    bar.get_by_role("button", name="Repair from Stripe").click()
    confirm(page, "Repair 1 subscription")
    expect(bar).to_be_hidden()
    expect(comparison).to_contain_text("of 1 subscriptions repaired")
    advance(board)
    expect(row).to_contain_text("in step")
    expect(find_panel(page)).to_contain_text("Nothing differs")
    expect(page.locator(f"#row-{other.id}")).to_contain_text("differs")
    page.set_viewport_size({"width": LARGE[0], "height": LARGE[1]})
    set_theme(page, "dark")
    assert not find_violations(page, EVERYTHING)


def test_a_re_sync_of_several_subscriptions_with_long_ids_stays_inside_its_dialog(
    board: ServedBoard, visitors: Visitors, standin: StandIn, control: Control
) -> None:
    twins = Twins(board.behind, standin, control)
    twin = twins.subscribe()
    twin.there.status = "canceled"
    twins.there(twin.customer, twins.sell("scale"))
    page = visitors.open_page(Role.BILLING)
    page.goto(f"/customers/{twin.organization_id}")
    page.get_by_role("link", name="Re-sync with Stripe").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(REASON)
    dialog.get_by_role("button", name="Preview").click()
    label = dialog.locator(".change-main dt").first
    expect(label).to_contain_text(f" of {twin.id} now")
    page.evaluate(
        "(id) => document.querySelectorAll('.change-main dt')"
        ".forEach((term) => { term.textContent = term.textContent.replace(id, id.padEnd(60, 'N')) })",
        twin.id,
    )
    assert dialog.evaluate("(box) => box.scrollWidth <= box.clientWidth")

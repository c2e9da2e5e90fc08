"""The list of billing events in a browser, while Stripe sends more."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from adminboard.core.permissions import Role
from tests.db.templates import Addresses
from tests.e2e.accessibility import EVERYTHING, find_violations
from tests.e2e.serving import ServedBoard, served_board
from tests.e2e.visitors import Visitors, watched_visitors
from tests.factories import START, make_billing_event
from tests.stand_in import Served
from tests.webhooks.sending import make_event, send_event

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def board(fresh_addresses: Addresses, served_standin: Served) -> Iterator[ServedBoard]:
    """40 events, an hour apart, the newest of them an hour ago."""
    with served_board(fresh_addresses, **served_standin.settings) as served:
        with served.behind.rows() as session:
            for hours in range(1, 41):
                make_billing_event(
                    session, received_at=START - timedelta(hours=hours), event_type="price.updated"
                )
        yield served


@pytest.fixture
def visitors(board: ServedBoard, chromium: Browser) -> Iterator[Visitors]:
    with watched_visitors(board, chromium) as visitors:
        yield visitors


def send(board: ServedBoard, event_type: str) -> None:
    board.behind.clock.advance(timedelta(seconds=1))
    assert send_event(board.behind, make_event(event_type)).status_code == 200


def first_row(page: Page) -> str:
    return page.locator("[data-rows] tr").first.inner_text()


def top_of_rows(page: Page) -> float:
    box = page.locator(".list-table").bounding_box()
    assert box is not None
    return box["y"]


COUNT_WHAT_IS_SAID = """
window.said = 0;
new MutationObserver((changes) => { window.said += changes.length; })
  .observe(document.getElementById("list-newer"), { childList: true, characterData: true, subtree: true });
"""


def expect_said_once(page: Page) -> None:
    """The next answer says the same, and nothing of it is put in anew: that would be read out again."""
    page.evaluate(COUNT_WHAT_IS_SAID)
    with page.expect_response("**/webhooks/newer*"):
        pass
    expect(page.locator("#list-newer.htmx-request, #list-newer .htmx-added")).to_have_count(0)
    assert page.evaluate("window.said") == 0


def test_new_events_come_in_without_disturbing_anybody(board: ServedBoard, visitors: Visitors) -> None:
    page = visitors.open_page(Role.SUPPORT)
    page.goto(board.address("/webhooks"))
    send(board, "charge.refunded")
    expect(page.locator("[data-rows] tr").first).to_contain_text("charge.refunded")
    expect(page.locator("#list-newer")).to_have_text("1 new event came in")

    # Whoever has a record open keeps it; the line above the rows waits for them, and nothing moves.
    page.locator(".row-link").nth(5).click()
    expect(page.locator("#detail")).to_contain_text("price.updated")
    address, place = page.url, top_of_rows(page)
    page.locator("#list-search").focus()
    send(board, "charge.succeeded")
    send(board, "charge.failed")
    button = page.get_by_role("link", name="2 new events")
    expect(button).to_be_visible()
    expect_said_once(page)
    assert top_of_rows(page) == place
    assert "charge.refunded" in first_row(page)
    assert find_violations(page, EVERYTHING) == []

    button.click()
    expect(page.locator("[data-rows] tr").first).to_contain_text("charge.failed")
    expect(page.locator("[data-rows] tr.selected")).to_have_count(1)
    expect(page.locator("#detail")).to_contain_text("price.updated")
    assert page.url == address


def test_what_stripe_sent_is_copied_whole(board: ServedBoard, visitors: Visitors) -> None:
    event = make_event("price.updated", nickname="Été <b>& more</b>", amounts=[1, 2])
    with board.behind.rows() as session:
        made = make_billing_event(session, stripe_event_id=event["id"], raw_payload=event)
    page = visitors.open_page(Role.SUPPORT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(board.address(f"/webhooks?selected={made.id}"))
    page.get_by_text("What Stripe sent").click()
    page.get_by_role("button", name="Copy: What Stripe sent").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == event
